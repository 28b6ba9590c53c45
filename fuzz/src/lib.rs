//! What AFL++ feeds to the readers of vidaio. `docs` of each: [`checks`].

pub mod checks;
