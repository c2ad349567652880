//! Secrets are moved, so that one place holds them.

use cloakwork_core::agreement::FreshKey;

fn keep(key: FreshKey) -> (FreshKey, FreshKey) {
    (key, key)
}

fn main() {}
