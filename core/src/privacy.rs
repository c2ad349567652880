//! Differential privacy of sums: the distributed discrete Gaussian mechanism, its accountant and planner, and central noise.
//!
//! * [`plan`] chooses the parameters of a run; [`mechanism`] checks them; [`accountant`] says what they cost, and in what unit.
//! * [`pipeline`] clips, rotates, rounds and noises what a client contributes, and turns the sum back into a vector.
//! * [`central`] is for whoever holds all the data: Laplace and Gaussian noise from the exact samplers.
//!
//! `docs/privacy.md` states the theorem and what an epsilon of it means.

pub mod accountant;
pub mod central;
pub mod mechanism;
pub mod parameter;
pub mod pipeline;
pub mod plan;
pub mod unit;
