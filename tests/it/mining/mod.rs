//! `vidaio mine`, asked by stand-in validators over loopback.

mod artifact;
mod axon;
mod dendrite;
mod process;
mod sites;
mod validator;
