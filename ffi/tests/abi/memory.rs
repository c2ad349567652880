//! Objects in memory of the caller: the same protocol without a heap.

use core::ffi::c_void;
use core::ptr::{null, null_mut};

use cloakwork::channel::*;
use cloakwork::client::mask::*;
use cloakwork::client::state::*;
use cloakwork::client::*;
use cloakwork::error::cloak_error;
use cloakwork::identity::*;
use cloakwork::roster::*;
use cloakwork::run::*;
use cloakwork::segment::*;
use cloakwork::server::*;
use cloakwork::sizes::*;
use cloakwork::status::cloak_status::{self, *};

use crate::support::*;

/// Memory with the alignment that the header asks for.
#[repr(C, align(16))]
#[derive(Clone, Copy)]
struct Block([u8; 16]);

fn memory(size: usize) -> Vec<Block> {
    vec![Block([0xee; 16]); size.div_ceil(16)]
}

unsafe extern "C" fn read_member(userdata: *mut c_void, position: u32, out: *mut cloak_member) -> i32 {
    let roster = unsafe { &*userdata.cast::<Vec<cloak_member>>() };
    match roster.get(position as usize) {
        Some(member) => {
            unsafe { out.write(*member) };
            0
        }
        None => 1,
    }
}

struct Device {
    memory: Vec<Block>,
    description: Vec<u8>,
    members: Vec<cloak_member>,
}

impl Device {
    fn new(world: &World) -> Self {
        let description =
            vector(|out, capacity, length| unsafe { cloak_run_description(world.run, out, capacity, length) });
        let bytes: Vec<u8> =
            vector(|out, capacity, length| unsafe { cloak_run_roster(world.run, out, capacity, length) });
        let members = bytes
            .chunks_exact(CLOAK_MEMBER_SIZE)
            .map(|entry| cloak_member {
                id: u64::from_le_bytes(entry[..8].try_into().unwrap()),
                key: entry[8..].try_into().unwrap(),
            })
            .collect();
        Self { memory: memory(cloak_client_size(16)), description, members }
    }

    fn roster(&mut self) -> cloak_roster {
        cloak_roster { member: Some(read_member), userdata: (&raw mut self.members).cast() }
    }

    fn start(&mut self, identity: *const cloak_identity, saved: &[u8]) -> Result<*mut cloak_client, cloak_status> {
        let roster = self.roster();
        let mut client = null_mut();
        let mut error = cloak_error { status: 0, present: 0, party: 0, bound: 0 };
        let status = unsafe {
            cloak_client_init(
                self.memory.as_mut_ptr().cast(),
                self.memory.len() * 16,
                identity,
                self.description.as_ptr(),
                self.description.len(),
                &roster,
                saved.as_ptr(),
                saved.len(),
                &mut client,
                &mut error,
            )
        };
        if status == CLOAK_OK { Ok(client) } else { Err(status) }
    }
}

#[test]
fn sizes_are_those_of_the_macros() {
    assert_eq!(cloak_identity_size(), CLOAK_IDENTITY_SIZE);
    assert_eq!(cloak_channel_size(), CLOAK_CHANNEL_SIZE);
    assert_eq!(
        [0, 16, 17, 128, 129, 1024, 1025].map(|neighbours| cloak_client_size(neighbours)),
        [
            CLOAK_CLIENT_SIZE_16,
            CLOAK_CLIENT_SIZE_16,
            CLOAK_CLIENT_SIZE_128,
            CLOAK_CLIENT_SIZE_128,
            CLOAK_CLIENT_SIZE_1024,
            CLOAK_CLIENT_SIZE_1024,
            0
        ]
    );
}

/// A device whose client lives in given memory and masks piece by piece takes part beside clients on the heap.
#[test]
fn a_client_without_heap_takes_part() {
    let length = 1000;
    let mut world = World::new(4, &config(3), &[segment("x", 20, length, CLOAK_ENCODING_FIXED_POINT, 4)]);
    let mut device = Device::new(&world);
    let client = device.start(world.identities[1], &[]).unwrap();
    let heap = core::mem::replace(&mut world.clients[1], client);
    unsafe { cloak_client_free(heap) };
    world.set_up();
    world.begin();
    let numbers = vec![1.5; length as usize];
    for index in [0, 2, 3] {
        let message = world.mask(index, &[values_f64(&numbers)]);
        world.receive(index, &message);
    }

    let rng = world.generator.rng();
    let mut message: Vec<u8> =
        vector(|out, capacity, length| unsafe { cloak_client_mask_begin(client, &rng, out, capacity, length) });
    let mut refused = 0;
    let status = unsafe { cloak_client_save(client, null_mut(), 0, &mut refused) };
    assert_eq!(status, CLOAK_ERR_OUT_OF_ORDER, "a half-masked contribution is not saved");
    for piece in numbers.chunks(64) {
        let piece = values_f64(piece);
        message.extend(vector(|out, capacity, length| unsafe {
            cloak_client_mask_chunk(client, &piece, out, capacity, length)
        }));
    }
    assert_eq!(world.state(1), cloak_client_state::CLOAK_CLIENT_MASKED as i32);
    world.receive(1, &message);
    assert_eq!(world.step(), cloak_step::CLOAK_STEP_UNMASK as i32);

    let saved: Vec<u8> = vector(|out, capacity, length| unsafe { cloak_client_save(client, out, capacity, length) });
    assert_eq!(unsafe { cloak_client_wipe(client) }, CLOAK_OK);
    let client = device.start(world.identities[1], &saved).unwrap();
    world.clients[1] = client;
    assert_eq!(world.state(1), cloak_client_state::CLOAK_CLIENT_MASKED as i32);
    assert_eq!(unsafe { cloak_client_wipe(client) }, CLOAK_OK);
    world.clients[1] = null_mut();
}

#[test]
fn wiping_leaves_zeros_and_a_handle_that_is_refused() {
    let world = World::new(3, &config(2), &[segment("x", 16, 4, CLOAK_ENCODING_FIXED_POINT, 2)]);
    let mut device = Device::new(&world);
    let client = device.start(world.identities[0], &[]).unwrap();
    let word = |device: &Device| device.memory[0].0[..4].to_vec();
    assert_ne!(word(&device), [0; 4]);
    assert_eq!(unsafe { cloak_client_wipe(client) }, CLOAK_OK);
    let bytes: Vec<u8> = device.memory.iter().flat_map(|block| block.0).collect();
    // What was reserved and not used still holds what the test put there.
    let used = bytes.iter().rposition(|byte| *byte != 0xee).unwrap();
    assert!(used > 2000, "the client fills most of its memory");
    assert!(bytes[..=used].iter().all(|byte| *byte == 0));
    assert_eq!(unsafe { cloak_client_wipe(client) }, CLOAK_ERR_WRONG_HANDLE);
    let mut info = cloak_client_info { id: 0, state: 0, epoch: 0, round: 0, neighbours: 0 };
    assert_eq!(unsafe { cloak_client_get_info(client, &mut info) }, CLOAK_ERR_WRONG_HANDLE);
}

#[test]
fn an_identity_and_a_channel_live_without_heap() {
    let mut generator = Generator(31);
    let rng = generator.rng();
    let (mut first, mut second, mut third) =
        (memory(CLOAK_IDENTITY_SIZE), memory(CLOAK_IDENTITY_SIZE), memory(CLOAK_CHANNEL_SIZE));
    let drawn = object(|out| unsafe { cloak_identity_init(first.as_mut_ptr().cast(), CLOAK_IDENTITY_SIZE, &rng, out) });
    let mut secret = [0; 32];
    assert_eq!(unsafe { cloak_identity_export(drawn, secret.as_mut_ptr()) }, CLOAK_OK);
    let given = object(|out| unsafe {
        cloak_identity_init_from_bytes(second.as_mut_ptr().cast(), CLOAK_IDENTITY_SIZE, secret.as_ptr(), out)
    });
    assert_eq!(public_key(drawn), public_key(given));
    let peer = identity(32);
    let channel = object(|out| unsafe {
        cloak_channel_init(
            third.as_mut_ptr().cast(),
            CLOAK_CHANNEL_SIZE,
            given,
            CLOAK_SIDE_CLIENT,
            public_key(peer).as_ptr(),
            out,
        )
    });
    assert_eq!(unsafe { cloak_identity_wipe(given) }, CLOAK_OK);
    assert!(second.iter().flat_map(|block| block.0).take(64).all(|byte| byte == 0));
    let mut mac = [0; 32];
    let request = crate::handles::request();
    assert_eq!(unsafe { cloak_channel_mac(channel, &request, mac.as_mut_ptr()) }, CLOAK_OK);
    let other = channel_of(peer, &public_key(drawn));
    assert_eq!(unsafe { cloak_channel_verify(other, &request, mac.as_ptr()) }, CLOAK_OK);
    unsafe {
        cloak_channel_free(other);
        cloak_identity_free(peer);
        assert_eq!(cloak_channel_wipe(channel), CLOAK_OK);
        // Freeing what the library did not allocate wipes it and leaves the memory alone.
        cloak_identity_free(drawn);
    }
    assert!(first.iter().flat_map(|block| block.0).take(64).all(|byte| byte == 0));
}

fn channel_of(identity: *const cloak_identity, peer: &[u8; 32]) -> *mut cloak_channel {
    channel(identity, CLOAK_SIDE_SERVER, peer)
}

#[test]
fn memory_that_does_not_fit_is_refused() {
    let mut block = memory(CLOAK_IDENTITY_SIZE + 16);
    let base = block.as_mut_ptr().cast::<u8>();
    let secret = *b"0123456789abcdef0123456789abcdef";
    let init = |memory: *mut u8, length: usize| unsafe {
        cloak_identity_init_from_bytes(memory.cast(), length, secret.as_ptr(), &mut null_mut())
    };
    assert_eq!(init(null_mut(), CLOAK_IDENTITY_SIZE), CLOAK_ERR_NULL_POINTER);
    assert_eq!(init(base, CLOAK_IDENTITY_SIZE - 1), CLOAK_ERR_BUFFER_TOO_SMALL);
    for offset in [1, 2, 4, 8] {
        assert_eq!(init(base.wrapping_add(offset), CLOAK_IDENTITY_SIZE), CLOAK_ERR_MISALIGNED, "offset {offset}");
    }
    assert!(block.iter().all(|block| block.0 == [0xee; 16]), "nothing was written");
}

#[test]
fn a_client_that_cannot_be_made_says_why_and_leaves_nothing_behind() {
    let world = World::new(3, &config(2), &[segment("x", 16, 4, CLOAK_ENCODING_FIXED_POINT, 2)]);
    let mut device = Device::new(&world);
    let stranger = identity(77);
    assert_eq!(device.start(stranger, &[]), Err(CLOAK_ERR_UNKNOWN_PARTY));
    assert_eq!(device.start(null(), &[]), Err(CLOAK_ERR_NULL_POINTER));
    assert_eq!(device.start(world.identities[0], b"no state"), Err(CLOAK_ERR_MALFORMED));
    device.members.pop();
    assert_eq!(device.start(world.identities[0], &[]), Err(CLOAK_ERR_INVALID_ROSTER));
    device.description.push(0);
    assert_eq!(device.start(world.identities[0], &[]), Err(CLOAK_ERR_NON_CANONICAL));
    // It is made where it stays: what was written before the roster turned out to be wrong is wiped.
    let untouched_or_wiped = |byte: &u8| matches!(byte, 0xee | 0);
    assert!(device.memory.iter().flat_map(|block| &block.0).all(untouched_or_wiped));
    let handle = device.memory.as_ptr().cast::<cloak_client>();
    let mut info = cloak_client_info { id: 0, state: 0, epoch: 0, round: 0, neighbours: 0 };
    assert_eq!(unsafe { cloak_client_get_info(handle, &mut info) }, CLOAK_ERR_WRONG_HANDLE);
    unsafe { cloak_identity_free(stranger) };
}

#[test]
fn the_run_decides_how_much_room_a_client_needs() {
    let segments = [segment("x", 16, 4, CLOAK_ENCODING_FIXED_POINT, 2)];
    let mut config = config(12);
    for (members, expected) in [(17, CLOAK_CLIENT_SIZE_16), (18, CLOAK_CLIENT_SIZE_128)] {
        config.threshold = 12;
        let world = World::new(members, &config, &segments);
        let mut device = Device::new(&world);
        device.memory = memory(expected - 16);
        assert_eq!(device.start(world.identities[0], &[]), Err(CLOAK_ERR_BUFFER_TOO_SMALL), "{members} members");
        device.memory = memory(expected);
        let client = device.start(world.identities[0], &[]).unwrap();
        assert_eq!(unsafe { cloak_client_wipe(client) }, CLOAK_OK);
    }
}
