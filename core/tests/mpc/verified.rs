//! Verified mode: right results at the stated cost, and every lie is caught.

mod dealing;
mod lies;
mod results;
mod secrecy;
mod session;
mod table;
