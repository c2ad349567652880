//! What the fuzz targets share: a small run, honest transcripts of it, and inputs that bend them.

pub mod generator;
pub mod messages;
pub mod noise;
pub mod run;
pub mod transcript;
