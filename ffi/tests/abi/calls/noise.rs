//! Mechanisms, contributions, accountants, rotations and samplers with any arguments.

use core::ffi::c_void;
use core::ptr::null_mut;

use cloakwork::client::mask::*;
use cloakwork::gaussian::*;
use cloakwork::hadamard::*;
use cloakwork::lanes::*;
use cloakwork::privacy::accountant::*;
use cloakwork::privacy::central::*;
use cloakwork::privacy::contribution::*;
use cloakwork::privacy::mechanism::*;
use cloakwork::privacy::parameter::*;
use cloakwork::privacy::plan::*;
use cloakwork::privacy::unit::*;
use cloakwork::rng::cloak_rng;
use cloakwork::values::*;

use super::*;

/// Elements of the vectors here.
const ROOM: usize = 32;

impl Choices<'_> {
    /// A number that is likely to be in range, or one that is likely not to be.
    fn real(&mut self, likely: f64) -> f64 {
        const OTHERS: [f64; 8] = [0.0, -1.0, 1e-320, 1e300, f64::INFINITY, f64::NEG_INFINITY, f64::NAN, 0.5];
        match self.byte() {
            part @ ..=239 => likely * (1.0 + f64::from(part) / 256.0),
            other => OTHERS[usize::from(other) % OTHERS.len()],
        }
    }

    fn mechanism(&mut self) -> cloak_mechanism {
        let (clip, granularity) = (self.real(1.0), self.real(1.0 / 64.0));
        let units = clip / granularity;
        cloak_mechanism {
            dimension: if self.rarely(20) { u64::from(self.byte()) << 24 } else { 10 },
            clamp: self.real(2.0),
            clip,
            granularity,
            noise: self.real(2.0),
            norm_bound: ((units * units) as u64).saturating_add(self.byte().into()),
            parts: if self.rarely(20) { 0 } else { 1 + u32::from(self.byte() % 2) },
            honest: if self.rarely(20) { 0 } else { 1 + u32::from(self.byte() % 4) },
            block_log2: if self.rarely(20) { self.byte() } else { 2 },
            reserved: [u8::from(self.rarely(50)); 7],
        }
    }

    fn suite(&mut self) -> u8 {
        if self.rarely(20) { self.byte() } else { 1 + self.byte() % 2 }
    }

    fn unit(&mut self) -> cloak_privacy_unit {
        let unit = if self.rarely(20) { 0 } else { 1 + i32::from(self.byte() % 3) };
        let clip = if unit == CLOAK_UNIT_RECORD { self.real(0.1) } else { f64::from(u8::from(self.rarely(20))) };
        cloak_privacy_unit { unit, neighbours: 1 + i32::from(self.byte() % 2), clip }
    }
}

/// A refusal is reported where there is one, and then only.
fn reported(status: cloak_status, error: &cloak_parameter_error) {
    assert_eq!(status == CLOAK_ERR_INVALID_MECHANISM, error.parameter >= 0);
    well(status);
}

const UNREPORTED: cloak_parameter_error =
    cloak_parameter_error { parameter: -1, bound_kind: 0, given: 0.0, bound: 0.0, works: 0.0 };

impl Objects {
    /// One call about noise.
    pub(super) fn noise(&mut self, choices: &mut Choices<'_>, others: &[*mut c_void]) {
        self.source.fails = choices.rarely(20);
        match choices.below(5) {
            0 => self.contribution(choices, others),
            1 => self.accountant(choices, others),
            2 => self.plan_noise(choices),
            3 => rotate(choices),
            _ => self.sample(choices),
        }
    }

    fn rng(&mut self) -> cloak_rng {
        cloak_rng { fill: Some(fill), userdata: (&raw mut self.source).cast() }
    }

    fn contribution(&mut self, choices: &mut Choices<'_>, others: &[*mut c_void]) {
        let rng = self.rng();
        let mechanism = choices.mechanism();
        let (bits, suite) = (choices.byte() % 70, choices.suite());
        let mut info = cloak_mechanism_info { padded: 0, block: 0, blocks: 0, max_bits: 0, reserved: [0; 7] };
        let good = well(unsafe { cloak_mechanism_check(&mechanism, &mut info, null_mut()) });
        if info.padded > ROOM as u64 {
            return;
        }
        let mut contribution = null_mut();
        let made = well(unsafe {
            cloak_contribution_new(&mechanism, bits, suite, CONTEXT.as_ptr(), &mut contribution, null_mut())
        });
        assert!(good || !made);
        assert_eq!(made, !contribution.is_null());
        let any = pick(choices, &[contribution], others, &mut self.nothing);
        let mut numbers = [(); ROOM].map(|()| f64::from(choices.byte()) / 256.0);
        numbers[choices.below(ROOM)] = choices.real(0.2);
        let mut added = 0;
        for _ in 0..3 {
            let length = if choices.rarely(10) { choices.below(ROOM) } else { 10 };
            let r#type = if choices.rarely(10) { 0 } else { 1 + i32::from(choices.byte() % 2) };
            let part = cloak_values { r#type, data: numbers.as_ptr().cast(), length };
            added += u32::from(well(unsafe { cloak_contribution_add(any, &rng, &part) }));
        }
        assert!(added <= mechanism.parts);
        let mut residues = [0u64; ROOM];
        let lane = if bits > 32 { cloak_type::CLOAK_U64 } else { cloak_type::CLOAK_U32 };
        let padded = if choices.rarely(10) { choices.below(ROOM) } else { info.padded as usize };
        let lanes = cloak_lanes { r#type: lane as i32, data: residues.as_mut_ptr().cast(), length: padded };
        let whole = well(unsafe { cloak_contribution_residues(any, &lanes) });
        assert!(!whole || added == mechanism.parts);
        self.reached.contributions += u32::from(whole);
        let view = cloak_values { r#type: lanes.r#type, data: lanes.data, length: padded };
        let (mut decoded, length) = ([0.0; ROOM], if choices.rarely(10) { choices.below(ROOM) } else { 10 });
        let out = decoded.as_mut_ptr();
        let seed = CONTEXT.as_ptr();
        if well(unsafe { cloak_mechanism_decode(&mechanism, bits, suite, seed, &view, out, length, null_mut()) }) {
            assert!(good && decoded.iter().all(|value| value.is_finite()));
        }
        let client = pick(choices, &self.clients, others, &mut self.nothing);
        let values = cloak_values { r#type: cloak_type::CLOAK_CONTRIBUTION as i32, data: any.cast(), length: padded };
        // The run has no mechanism.
        let masked = written(choices, CANARY, 1000, |out, room, length| unsafe {
            cloak_client_mask(client, &rng, &values, 1, out, room, length)
        });
        assert!(masked.is_none());
        well(unsafe { cloak_client_rotation_seed(client, [0; 32].as_mut_ptr()) });
        unsafe { cloak_contribution_free(contribution) };
    }

    fn accountant(&mut self, choices: &mut Choices<'_>, others: &[*mut c_void]) {
        let mut accountant = null_mut();
        assert!(well(unsafe { cloak_accountant_new(&mut accountant) }));
        let any = pick(choices, &[accountant], others, &mut self.nothing);
        let (mechanism, unit, rounds) = (choices.mechanism(), choices.unit(), u32::from(choices.byte()));
        let [x, y, z] = [(); 3].map(|()| choices.real(1.0));
        let mut error = UNREPORTED;
        let status = unsafe {
            match choices.below(7) {
                0 => cloak_accountant_add(any, &mechanism, &unit, rounds, &mut error),
                1 => cloak_accountant_add_gaussian(any, x, rounds, &mut error),
                2 => cloak_accountant_add_skellam(any, x, y, z, rounds, &mut error),
                3 => cloak_accountant_add_concentrated(any, x, rounds, &mut error),
                4 => {
                    let (shares, padded) = (u64::from(choices.byte()), u64::from(choices.byte()));
                    cloak_accountant_add_distributed_gaussian(any, x, y, z, shares, padded, rounds, &mut error)
                }
                5 => cloak_accountant_add_gaussian_subsampled_only_against_third_parties(any, x, y, rounds, &mut error),
                _ => {
                    let add = cloak_accountant_add_subsampled_only_against_third_parties;
                    add(any, &mechanism, &unit, x, rounds, &mut error)
                }
            }
        };
        reported(status, &error);
        let (mut epsilon, mut order, mut delta) = (-1.0, -1.0, -1.0);
        if well(unsafe { cloak_accountant_epsilon(any, choices.real(1e-5), &mut epsilon, &mut order, null_mut()) }) {
            assert!(epsilon >= 0.0 && order > 1.0);
        }
        if well(unsafe { cloak_accountant_delta(any, choices.real(1.0), &mut delta, null_mut()) }) {
            assert!((0.0..=1.0).contains(&delta));
        }
        unsafe { cloak_accountant_free(accountant) };
    }

    fn plan_noise(&mut self, choices: &mut Choices<'_>) {
        let mechanism = choices.mechanism();
        let wanted = cloak_privacy_wanted {
            dimension: 10,
            epsilon: choices.real(1.0),
            delta: choices.real(1e-6),
            clip: choices.real(1.0),
            clamp: choices.real(2.0),
            wraps: choices.real(1e-3),
            unit: choices.unit(),
            clients: u32::from(choices.byte()),
            honest: 1 + u32::from(choices.byte() % 8),
            parts: 1 + u32::from(choices.byte() % 2),
            rounds: u32::from(choices.byte() % 8),
            block_log2: choices.byte() % 8,
            bits: 8 + choices.byte() % 32,
            reserved: [0; 6],
        };
        let unplanned = cloak_privacy_plan {
            mechanism,
            sigma: 0.0,
            epsilon: 0.0,
            order: 0.0,
            wrap_margin: 0.0,
            wrap_coordinate: 0.0,
            wrap_vector: 0.0,
            error_quantisation: 0.0,
            error_noise: 0.0,
            error_wrap: 0.0,
        };
        let (mut plan, mut error) = (unplanned, UNREPORTED);
        let status = unsafe {
            let &cloak_privacy_wanted { ref unit, clients, bits, delta, rounds, .. } = &wanted;
            cloak_privacy_expect(&mechanism, unit, clients, bits, delta, rounds, &mut plan, &mut error)
        };
        reported(status, &error);
        // A search is the slowest call that there is.
        if choices.rarely(2) {
            let (mut plan, mut error) = (unplanned, UNREPORTED);
            let status = unsafe { cloak_privacy_plan_choose(&wanted, &mut plan, &mut error) };
            reported(status, &error);
            self.reached.plans += u32::from(status == CLOAK_OK);
            assert!(status != CLOAK_OK || (plan.epsilon <= wanted.epsilon && plan.wrap_vector <= wanted.wraps));
        }
    }

    fn sample(&mut self, choices: &mut Choices<'_>) {
        let rng = self.rng();
        let (sigma, suite) = (choices.real(3.0), choices.suite());
        let mut samples = [0; ROOM];
        let out = samples.as_mut_ptr();
        well(unsafe { cloak_gaussian_fill(sigma, suite, &rng, out, choices.below(ROOM)) });
        well(unsafe { cloak_gaussian_stream(sigma, suite, CONTEXT.as_ptr(), out, choices.below(ROOM)) });
        let (numerator, denominator) = (u64::from(choices.byte()), u64::from(choices.byte()));
        let mut exact = [0; 4];
        for sample in [cloak_discrete_gaussian_vartime, cloak_discrete_laplace_vartime, cloak_skellam_vartime] {
            let _ = well(unsafe { sample(numerator, denominator, &rng, exact.as_mut_ptr(), exact.len()) });
        }
        let central = cloak_central {
            dimension: if choices.rarely(10) { u64::from(choices.byte()) } else { 4 },
            clip: choices.real(1.0),
            sensitivity: choices.real(1.0),
            epsilon: choices.real(1.0),
            delta: if choices.rarely(2) { 0.0 } else { choices.real(1e-6) },
            kind: i32::from(choices.byte() % 4),
            reserved: u32::from(choices.rarely(50)),
        };
        let mut values = [(); 4].map(|()| choices.real(1.0));
        let mut error = UNREPORTED;
        let status =
            unsafe { cloak_central_noise_vartime(&central, &rng, values.as_mut_ptr(), values.len(), &mut error) };
        reported(status, &error);
        let mut scale = 0.0;
        if well(unsafe { cloak_central_scale(&central, &mut scale, null_mut()) }) {
            assert!(scale > 0.0);
        }
    }
}

fn rotate(choices: &mut Choices<'_>) {
    let numbers = [(); ROOM].map(|()| f64::from(choices.byte()));
    let mut data = numbers;
    let length = if choices.rarely(4) { choices.below(ROOM + 1) } else { ROOM };
    let (suite, first) = (choices.suite(), u64::from(choices.byte()) << choices.below(64));
    let (number, orthonormal) = (i32::from(choices.byte() % 10), choices.byte() % 3);
    let (seed, place) = (CONTEXT.as_ptr(), data.as_mut_ptr().cast());
    let rotated = well(unsafe { cloak_hadamard_rotate(suite, seed, first, number, place, length, orthonormal) });
    assert!(rotated || data == numbers, "a refusal changes nothing");
    let place = data.as_mut_ptr().cast();
    let back = well(unsafe { cloak_hadamard_unrotate(suite, seed, first, number, place, length, orthonormal) });
    assert_eq!(rotated, back);
    if back && number == cloak_type::CLOAK_F64 as i32 {
        let scale = if orthonormal == 1 { 1.0 } else { length as f64 };
        assert!(data.iter().zip(&numbers).take(length).all(|(x, y)| (x - scale * y).abs() < 1e-6));
    }
    let place = data.as_mut_ptr().cast();
    well(unsafe { cloak_hadamard_transform(number, place, length, orthonormal) });
}
