# The exact epsilon of one Gaussian round (Balle, Wang, ICML 2018).
gaussian_epsilon <- function(multiplier, delta) {
  gap <- function(epsilon) {
    a <- 1 / (2 * multiplier)
    b <- epsilon * multiplier
    stats::pnorm(a - b) - exp(epsilon) * stats::pnorm(-a - b) - delta
  }
  stats::uniroot(gap, c(0, 50))$root
}

test_that("a plan keeps its promise", {
  plan <- plan_privacy(clients = 40, dimension = 100, clip = 2, epsilon = 2, delta = 1e-6, rounds = 5)
  expect_s3_class(plan, "cw_plan")
  expect_lte(plan$epsilon, 2)
  expect_gt(plan$epsilon, 1.9)
  again <- expected_privacy(plan$mechanism, 40, plan$bits, 1e-6, rounds = 5)
  expect_equal(again[c("epsilon", "error", "wrap")], plan[c("epsilon", "error", "wrap")])
  accountant <- accountant()
  accountant_add(accountant, plan$mechanism, rounds = 5)
  expect_equal(accountant_epsilon(accountant, 1e-6), plan$epsilon)
  expect_lte(accountant_delta(accountant, plan$epsilon), 1e-6 * (1 + 1e-6))
  error <- expected_error(plan)
  expect_equal(error[["total"]], sqrt(sum(error[c("quantisation", "noise", "wrap")]^2)))
  # Half of the clients are honest: the noise of the others is there for nothing, a factor of sqrt(2).
  expect_gt(error[["total"]], error[["central"]])
  expect_lt(error[["total"]], 1.6 * error[["central"]])
  expect_output(print(plan), "unit: one client")
  expect_output(print(plan$mechanism), "discrete Gaussian")
})

test_that("the unit of privacy is stated and checked", {
  client <- plan_privacy(10, 5, 1, 2, 1e-6, unit = "client", parts = 4)
  record <- plan_privacy(10, 5, 1, 2, 1e-6, unit = "record", record_clip = 0.1, parts = 4)
  expect_lt(record$sigma, client$sigma)
  expect_output(print(record), "unit: one record")
  expect_identical(error_of(plan_privacy(10, 5, 1, 2, 1e-6, unit = "record"))$argument, "record_clip")
  expect_identical(error_of(plan_privacy(10, 5, 1, 2, 1e-6, unit = "person"))$argument, "unit")
  zero <- plan_privacy(10, 5, 1, 2, 1e-6, neighbours = "zero-out")
  expect_lt(zero$sigma, plan_privacy(10, 5, 1, 2, 1e-6)$sigma)
})

test_that("what has no plan is refused with the parameter and a value that works", {
  refused <- error_of(plan_privacy(40, 100, 2, 2, 1e-6, bits = 4))
  expect_s3_class(refused, "cloakwork_privacy_error")
  expect_match(conditionMessage(refused), "bits.*works")
  expect_match(conditionMessage(error_of(plan_privacy(40, 100, 2, 100, 1e-6))), "epsilon")
  expect_match(conditionMessage(error_of(plan_privacy(40, 100, 2, 1, 2))), "delta")
  expect_identical(error_of(plan_privacy(40, 100, NA, 2, 1e-6))$argument, "clip")
  expect_identical(error_of(plan_privacy(factor(40), 100, 1, 2, 1e-6))$argument, "clients")
  expect_identical(error_of(cw_mechanism(5, clip = 1, granularity = 2, noise = 4, honest = 1))$name, "INVALID_MECHANISM")
})

test_that("the accountant adds up", {
  one <- accountant()
  accountant_add_gaussian(one, 4)
  expect_lt(accountant_epsilon(one, 1e-6), 1.6)
  expect_gt(accountant_epsilon(one, 1e-6), gaussian_epsilon(4, 1e-6))
  accountant_add_gaussian(one, 4, rounds = 3)
  two <- accountant()
  accountant_add_gaussian(two, 2)
  expect_equal(accountant_epsilon(one, 1e-6), accountant_epsilon(two, 1e-6), tolerance = 1e-6)
  spent <- vapply(list(
    function(a) accountant_add_skellam(a, 1, 1, 16), function(a) accountant_add_concentrated(a, 1 / 32),
    function(a) accountant_add_discrete_gaussian(a, 1, 1, 4, 1, 8)
  ), function(add) {
    a <- accountant()
    add(a)
    accountant_epsilon(a, 1e-6)
  }, 0)
  # All of them are noise of variance 16 on a sensitivity of 1.
  expect_true(all(abs(spent / spent[[2L]] - 1) < 0.25))
  expect_identical(error_of(accountant_add_gaussian(one, -1))$name, "INVALID_MECHANISM")
  expect_identical(error_of(accountant_epsilon(one, 0))$name, "INVALID_MECHANISM")
})

test_that("multipliers are those of the analytic Gaussian mechanism", {
  for (epsilon in c(0.5, 1, 4)) {
    multiplier <- gaussian_multiplier(epsilon, 1e-6)
    expect_equal(gaussian_epsilon(multiplier, 1e-6), epsilon, tolerance = 1e-4)
  }
})

test_that("samplers have their variances", {
  # 20,000 samples: each ratio is within 0.1 with a probability of false alarm below 1e-9.
  n <- 20000
  expect_type(discrete_gaussian(10, 3), "integer")
  expect_length(discrete_gaussian(0, 3), 0L)
  close_to <- function(x, variance) expect_lt(abs(var(x) / variance - 1), 0.15)
  close_to(discrete_gaussian(n, 10), 100)
  close_to(discrete_gaussian_exact(n, 100), 100)
  close_to(skellam(n, 100), 100)
  close_to(discrete_laplace(n, 10), 200)
  expect_true(all(discrete_laplace(100, 3) %% 1 == 0))
  expect_identical(error_of(discrete_gaussian(10, 0.1))$argument, "sigma")
  expect_identical(error_of(discrete_gaussian(-1, 1))$argument, "n")
  expect_identical(error_of(skellam(10, 0))$argument, "variance")
  expect_identical(error_of(discrete_laplace(10, NA))$argument, "scale")
})

test_that("central noise keeps form and scale", {
  scale <- central_scale(1000, epsilon = 1, delta = 1e-6, sensitivity = 1)
  expect_equal(scale, gaussian_multiplier(1, 1e-6), tolerance = 0.01)
  values <- matrix(5, 25, 40, dimnames = list(NULL, paste0("v", 1:40)))
  noisy <- central_noise(values, epsilon = 1, delta = 1e-6, sensitivity = 1)
  expect_identical(attributes(noisy), attributes(values))
  # 1,000 values: false alarm below 1e-9.
  expect_lt(abs(sd(noisy) / scale - 1), 0.15)
  expect_equal(central_scale(1, epsilon = 2, sensitivity = 1, kind = "laplace"), 0.5, tolerance = 0.01)
  expect_identical(error_of(central_noise(c(1, NA), 1, 1e-6, sensitivity = 1))$argument, "values")
  expect_identical(error_of(central_noise("a", 1, 1e-6, sensitivity = 1))$argument, "values")
  expect_identical(error_of(central_noise(1, 1, 1e-6, kind = "uniform"))$argument, "kind")
})

test_that("the plot shows the trade-off", {
  path <- tempfile(fileext = ".pdf")
  grDevices::pdf(path)
  plan <- plan_privacy(20, 10, 1, 2, 1e-6)
  shown <- plot(plan, epsilon = c(0.5, 1, 2, 4))
  grDevices::dev.off()
  expect_gt(file.size(path), 2000)
  # More privacy costs accuracy, and no trusted party costs some as well.
  expect_true(all(diff(shown$total) < 0))
  expect_true(all(shown$total > shown$central))
  expect_identical(error_of(plot(plan, epsilon = 1))$argument, "epsilon")
})

test_that("simulated sums are those of a run, with its noise", {
  for (bits in c(24, 40)) {
    plan <- plan_privacy(clients = 10, dimension = 200, clip = 20, epsilon = 8, delta = 1e-6, bits = bits)
    people <- matrix(seq(-1, 1, length.out = 2000), 10, byrow = TRUE)
    wrong <- simulate_private_sum(plan, people) - colSums(people)
    # 200 values: a mean square beyond a factor of 2 has a probability below 1e-8.
    ratio <- mean(wrong^2) / expected_error(plan)[["total"]]^2
    expect_gt(ratio, 0.5)
    expect_lt(ratio, 2)
  }
  expect_length(simulate_private_sum(plan, list(numeric(200), 1:200 / 1000)), 200L)
  expect_identical(error_of(simulate_private_sum(plan, matrix(0, 11, 200)))$argument, "values")
  expect_identical(error_of(simulate_private_sum(plan, list(1:3)))$argument, "values[[1]]")
  expect_identical(error_of(simulate_private_sum(plan, list(c(NA, numeric(199)))))$name, "NOT_FINITE")
  expect_identical(error_of(simulate_private_sum(plan, list(factor(1:200))))$argument, "values[[1]]")
  expect_identical(error_of(simulate_private_sum(plan, data.frame(x = "a")))$argument, "values$x")
})
