// pm2 start docs/service/pm2.config.js
module.exports = {
  apps: [
    {
      name: "vidaio-mine",
      script: "vidaio",
      args: "mine --wallet lucky_key --hotkey lucky_hotkey1 --external-ip 203.0.113.7 --log-format json",
      interpreter: "none",
      autorestart: true,
      // Ends by SIGINT; tasks under way are ended first.
      kill_timeout: 330000,
    },
  ],
};
