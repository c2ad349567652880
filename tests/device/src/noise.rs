//! Both samplers.

use cloakwork_core::gaussian::Sigma;
use cloakwork_core::gaussian::cks::{
    Ratio, bernoulli_exp_vartime, discrete_gaussian_vartime, discrete_laplace_vartime, geometric_vartime,
    poisson_vartime, skellam_vartime,
};
use cloakwork_core::gaussian::isochronous::Sampler;
use cloakwork_core::prg::{StreamKey, Suite};

use crate::tape::Tape;
use crate::vectors::{EXACT, SAMPLES};

/// A length that no batch is a multiple of.
const PIECE: usize = 47;

pub(crate) fn isochronous() -> usize {
    for case in SAMPLES {
        let mut key = [0; 32];
        key[..case.key.len()].copy_from_slice(case.key);
        let key = StreamKey::from_bytes(key);
        let sampler = Sampler::new(Sigma::new(case.sigma).expect("in range"));
        let mut noise = sampler.noise(Suite::new(case.suite).expect("a suite"), &key);
        for expected in case.samples.chunks(PIECE) {
            let mut found = [0; PIECE];
            let found = &mut found[..expected.len()];
            noise.fill(found).expect("samples");
            assert_eq!(found, expected, "sigma {}", case.sigma);
        }
    }
    SAMPLES.len()
}

pub(crate) fn exact() -> usize {
    for case in EXACT {
        let mut tape = Tape::new(StreamKey::from_bytes(case.key));
        let parameter = Ratio::new(case.numerator, case.denominator).expect("in range");
        for expected in case.samples {
            let rng = &mut tape;
            let sample = match case.sampler {
                "bernoulli_exp" => bernoulli_exp_vartime(rng, parameter).map(i64::from),
                "geometric" => geometric_vartime(rng, parameter).map(u64::cast_signed),
                "discrete_laplace" => discrete_laplace_vartime(rng, parameter),
                "discrete_gaussian" => discrete_gaussian_vartime(rng, parameter),
                "poisson" => poisson_vartime(rng, parameter).map(u64::cast_signed),
                "skellam" => skellam_vartime(rng, parameter),
                other => panic!("{other}"),
            };
            assert_eq!(sample.expect(case.sampler), *expected, "{} {parameter:?}", case.sampler);
        }
        assert_eq!(tape.position, case.used, "{} {parameter:?}", case.sampler);
    }
    EXACT.len()
}
