//! `vidaio mine`, asked by stand-in validators over loopback.

mod artifact;
mod axon;
mod background;
mod bucket;
mod database;
mod dendrite;
mod fetching;
mod killed;
mod limits;
mod operate;
mod page;
mod parts;
mod process;
mod queue;
mod records;
mod rig;
mod shared_queue;
mod sites;
mod storage;
mod validator;
