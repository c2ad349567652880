#' Discrete noise
#'
#' Samples of discrete distributions from the operating system's generator; `set.seed()` does not reach them. `discrete_gaussian()` is the
#' sampler of runs with noise: its time does not depend on the samples, and it is within 2^-80 a sample of the exact distribution. The
#' others are exact; their time depends on the samples, so that they are for noise whose making nobody can time.
#'
#' @param n number of samples.
#' @param sigma parameter of N_Z(0, sigma^2), in which x has a probability proportional to exp(-x^2 / (2 sigma^2)): 0.5 to 2^17.
#' @param variance the parameter sigma^2 or, for Skellam, the variance (at most 2^20): a number, which is taken as the nearest fraction of
#'   denominator 2^20.
#' @param scale b of the distribution in which x has a probability proportional to exp(-|x| / b), in the same way.
#' @return `discrete_gaussian()`: an integer vector. The others: doubles that hold integers.
#' @examples
#' table(discrete_gaussian(1000, sigma = 1))
#' var(discrete_laplace(1000, scale = 10))
#' @export
discrete_gaussian <- function(n, sigma) {
  returned(.Call(C_cw_gaussian, whole_number(n, "n", 0, 2^33), one_number(sigma, "sigma"), 2L, NULL))
}

#' @rdname discrete_gaussian
#' @export
discrete_gaussian_exact <- function(n, variance) exact_samples(0L, n, variance, "variance")

#' @rdname discrete_gaussian
#' @export
discrete_laplace <- function(n, scale) exact_samples(1L, n, scale, "scale")

#' @rdname discrete_gaussian
#' @export
skellam <- function(n, variance) exact_samples(2L, n, variance, "variance")

exact_samples <- function(which, n, parameter, argument) {
  parameter <- one_number(parameter, argument)
  numerator <- round(parameter * 2^20)
  if (!is.finite(parameter) || numerator < 1 || numerator > 2^48) {
    raise("INVALID_ARGUMENT", "must be from 2^-20 to 2^28", argument, bound = if (numerator < 1 || is.nan(parameter)) 2^-20 else 2^28)
  }
  returned(.Call(C_cw_exact, which, whole_number(n, "n", 0, 2^31), sprintf("%.0f", numerator), "1048576", NULL), argument)
}

#' Central noise
#'
#' For a party that is trusted with all data: clips a vector and adds discrete noise to it, on a grid that is fine beside the noise, by
#' exact samplers. The time depends on the values and on the noise.
#'
#' @param values numeric vector, matrix or array.
#' @param epsilon 1e-6 to 64.
#' @param delta between 0 and 1 for Gaussian noise; 0 for Laplace noise.
#' @param clip largest norm of the vector: L2 for Gaussian, L1 for Laplace noise; a larger one is scaled down. `Inf` for no clipping.
#' @param sensitivity largest distance between the vectors of neighbouring data sets, if it is known for another reason; the smaller one of
#'   it and twice the clip counts.
#' @param kind of the noise.
#' @param dimension number of values.
#' @return `central_noise()`: the values with noise, with the attributes that they had. `central_scale()`: the scale of the noise in the
#'   units of the data: the standard deviation of the Gaussian, or b of the Laplace distribution. `gaussian_multiplier()`: the least
#'   standard deviation over L2 sensitivity with which continuous Gaussian noise is (epsilon, delta)-differentially private (Balle, Wang,
#'   ICML 2018).
#' @examples
#' central_noise(c(mean = 61.2), epsilon = 1, delta = 1e-6, sensitivity = 0.5)
#' central_scale(1, epsilon = 1, delta = 1e-6, sensitivity = 0.5)
#' @export
central_noise <- function(values, epsilon, delta = 0, clip = Inf, sensitivity = Inf, kind = c("gaussian", "laplace")) {
  numeric_values(values, "values")
  if (anyNA(values)) raise("NOT_FINITE", "holds NA or NaN", "values")
  noisy <- returned(.Call(
    C_cw_central_noise, central_numbers(length(values), clip, sensitivity, epsilon, delta), central_kind(kind), as.double(values)
  ))
  attributes(noisy) <- attributes(values)
  noisy
}

#' @rdname central_noise
#' @export
central_scale <- function(dimension, epsilon, delta = 0, clip = Inf, sensitivity = Inf, kind = c("gaussian", "laplace")) {
  dimension <- whole_number(dimension, "dimension", 1, 2^28)
  returned(.Call(C_cw_central_scale, central_numbers(dimension, clip, sensitivity, epsilon, delta), central_kind(kind)))
}

#' @rdname central_noise
#' @export
gaussian_multiplier <- function(epsilon, delta) {
  returned(.Call(C_cw_gaussian_multiplier, one_number(epsilon, "epsilon"), one_number(delta, "delta")))
}

central_numbers <- function(dimension, clip, sensitivity, epsilon, delta) {
  c(
    dimension, one_number(clip, "clip"), one_number(sensitivity, "sensitivity"), one_number(epsilon, "epsilon"), one_number(delta, "delta")
  )
}

central_kind <- function(kind) if (one_of(kind, c("gaussian", "laplace"), "kind") == "laplace") 1L else 2L
