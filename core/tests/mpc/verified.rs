//! Verified mode: right results at the stated cost, and every lie is caught.

mod lies;
mod results;
mod secrecy;
mod table;
