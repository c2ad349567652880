//! Bitmaps of members: accepted ones have no member beyond the roster.
#![no_main]

use cloakwork_core::secagg::MemberSet;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (u16, &[u8])| {
    let (members, bitmap) = input;
    let members = u32::from(members);
    let Ok(set) = MemberSet::new(bitmap, members) else { return };
    assert_eq!(set.count() as usize, (0..members).filter(|position| set.contains(*position)).count());
    assert_eq!(set.count(), bitmap.iter().map(|byte| byte.count_ones()).sum::<u32>());
    assert!((members..members + 9).all(|position| !set.contains(position)));
    assert!(set.is_subset_of(&set));
});
