//! The C ABI of Cloakwork.
#![no_std]
