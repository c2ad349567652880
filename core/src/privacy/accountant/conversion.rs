//! From Rényi divergences to epsilon and delta (Canonne, Kamath, Steinke, NeurIPS 2020, proposition 12).

/// A loss and the order of the divergence that showed it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Loss {
    /// The epsilon of (epsilon, delta)-differential privacy; infinite if the divergences show none.
    pub epsilon: f64,
    /// The order.
    pub order: f64,
}

/// The least epsilon for `delta` that divergences at some orders show: min of rdp + ln(1 - 1/alpha) - ln(alpha delta) / (alpha - 1), and not below 0.
/// It is 0 where the statistical distance, which is at most sqrt(1 - e^-rdp) (Bretagnolle, Huber, 1979), is below `delta`.
///
/// `points` gives orders above 1 with the divergence there; `delta` lies between 0 and 1.
pub fn epsilon(points: impl IntoIterator<Item = (f64, f64)>, delta: f64) -> Loss {
    let ln_delta = libm::log(delta);
    let nothing = Loss { epsilon: f64::INFINITY, order: f64::INFINITY };
    points.into_iter().fold(nothing, |least, (order, rdp)| {
        let epsilon = if statistical_distance(rdp) <= delta {
            0.0
        } else {
            rdp + libm::log1p(-1.0 / order) - (libm::log(order) + ln_delta) / (order - 1.0)
        };
        if epsilon < least.epsilon { Loss { epsilon: epsilon.max(0.0), order } } else { least }
    })
}

/// The least delta for `epsilon` that divergences at some orders show: min of exp((alpha - 1) (rdp - epsilon + ln(1 - 1/alpha))) / alpha, and not
/// above the statistical distance.
pub fn delta(points: impl IntoIterator<Item = (f64, f64)>, epsilon: f64) -> f64 {
    points.into_iter().fold(1.0, |least, (order, rdp)| {
        let exponent = (order - 1.0) * (rdp - epsilon + libm::log1p(-1.0 / order));
        least.min(libm::exp(exponent) / order).min(statistical_distance(rdp))
    })
}

/// A bound on the statistical distance of two distributions whose divergence, of any order of 1 or more, is at most `rdp`.
fn statistical_distance(rdp: f64) -> f64 {
    libm::sqrt(-libm::expm1(-rdp))
}
