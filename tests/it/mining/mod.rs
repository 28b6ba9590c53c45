//! `vidaio mine`, asked by stand-in validators over loopback.

mod artifact;
mod axon;
mod dendrite;
mod process;
mod rig;
mod sites;
mod validator;
