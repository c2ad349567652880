sites <- c("oslo", "turin", "lyon", "porto", "gent")

exact <- function(data) Reduce(`+`, data)

test_that("sums of five sites, with and without dropouts", {
  federation <- local_federation(sites, c(n = 0, sum = 0), fraction = 10)
  data <- stats::setNames(lapply(1:5, function(i) c(n = i, sum = i * 10.5)), sites)
  expect_equal(secure_sum(federation, data), exact(data))

  # Who falls silent before its vector left is out; after it, the vector is in unless the step to survive missed it as well.
  round <- federation_round(federation, data, silent = c(lyon = "begin"))
  expect_identical(round$outcome, 0L)
  expect_identical(round$survivors, setdiff(sites, "lyon"))
  expect_equal(round$sum, exact(data[round$survivors]))

  round <- federation_round(federation, data, silent = c(gent = "open"))
  expect_equal(round$sum, exact(data[round$survivors]))
  expect_true(all(setdiff(sites, "gent") %in% round$survivors))

  # Afterwards everybody takes part again.
  expect_equal(secure_sum(federation, data), exact(data))
  # Away is who has no values.
  round <- federation_round(federation, data[c("oslo", "turin", "porto", "gent")])
  expect_identical(round$participants, c("oslo", "turin", "porto", "gent"))
  expect_equal(round$sum, exact(data[round$participants]))
})

test_that("every pattern of one silent site", {
  federation <- local_federation(sites, 0)
  data <- stats::setNames(as.list(2^(0:4)), sites)
  for (site in sites) {
    for (kind in c("begin", "survivors", "open")) {
      round <- federation_round(federation, data, silent = stats::setNames(kind, site))
      expect_identical(round$outcome, 0L, info = paste(site, kind))
      expect_identical(round$sum, sum(unlist(data[round$survivors])), info = paste(site, kind))
    }
  }
})

test_that("too many silent sites abort the round, and the next one goes on", {
  federation <- local_federation(sites, 0)
  data <- stats::setNames(as.list(1:5), sites)
  silent <- stats::setNames(rep("begin", 3), sites[1:3])
  round <- federation_round(federation, data, silent = silent)
  expect_identical(round$outcome, 509L)
  expect_null(round$sum)
  refused <- error_of(secure_sum(federation, data, silent = silent))
  expect_identical(refused$name, "TOO_FEW_INPUTS")
  expect_s3_class(refused, "cloakwork_protocol_error")
  expect_identical(secure_sum(federation, data), 15)
})

test_that("matrices, data frames, lists and counts keep their form", {
  example <- list(
    information = matrix(0, 2, 2, dimnames = list(c("a", "b"), c("a", "b"))), table = data.frame(x = c(0, 0), y = 0),
    sex = factor(c("f", "m"))
  )
  shape <- cw_shape(example, factors = "count")
  federation <- local_federation(sites, shape, bits = 48, fraction = 24)
  one <- list(
    information = matrix(c(1.5, -2, -2, 4), 2, dimnames = dimnames(example$information)), table = data.frame(x = c(1, 2), y = c(0.25, -1)),
    sex = factor(c("f", "f", "m"), c("f", "m"))
  )
  total <- secure_sum(federation, stats::setNames(rep(list(one), 5), sites))
  expect_equal(total$information, 5 * one$information)
  expect_equal(total$table, data.frame(x = c(5, 10), y = c(1.25, -5)))
  expect_identical(total$sex, c(f = 10, m = 5))
})

test_that("noise is within its bounds", {
  plan <- plan_privacy(clients = 5, dimension = 64, clip = 10, epsilon = 8, delta = 1e-6, honest = 2)
  federation <- local_federation(sites, cw_shape(numeric(64)), plan, min_inputs = 3)
  values <- rep(1, 64)
  round <- federation_round(federation, stats::setNames(rep(list(values), 5), sites))
  expect_identical(round$outcome, 0L)
  # 64 values: a mean square beyond 3 times the expected one has a probability below 1e-12.
  expect_lt(mean((round$sum - 5)^2), 3 * expected_error(plan)[["total"]]^2)
  # And it is there: without noise the square would be that of rounding.
  expect_gt(mean((round$sum - 5)^2), expected_error(plan)[["total"]]^2 / 3)
  round <- federation_round(federation, stats::setNames(rep(list(values), 5), sites), silent = c(oslo = "begin"))
  expect_identical(round$survivors, sites[-1L])
  expect_lt(mean((round$sum - 4)^2), 3 * expected_error(plan)[["total"]]^2)
})

test_that("a client goes on from its saved state", {
  people <- stats::setNames(lapply(1:3, function(i) identity_generate()), c("a", "b", "c"))
  run <- cw_run(run_config(segment("x", 3, fraction = 4)), people, ids = c("1", "2", "18446744073709551615"))
  server <- cw_server(run)
  clients <- stats::setNames(lapply(people, function(one) cw_client(run, one)), run$ids)
  server_invite(server)
  answer <- function(id, message) {
    clients[[id]] <<- cw_client(run, people[[match(id, run$ids)]], client_save(clients[[id]]))
    said <- client_answer(clients[[id]], message, as.raw(1:3))
    if (message_kind(message) == "begin") client_mask(clients[[id]], list(x = c(1, 2, 0.5))) else said
  }
  cloakwork:::play(server, clients, answer)
  expect_identical(server_begin(server, as.raw(1:3)), 1)
  cloakwork:::play(server, clients, answer)
  expect_identical(server_sum(server), list(x = c(3, 6, 1.5)))
  expect_identical(server_info(server)$survivors, c("1", "2", "18446744073709551615"))
  expect_identical(run_members(run)$id, run$ids)
})

test_that("residues, integers and several segments", {
  people <- stats::setNames(lapply(1:3, function(i) identity_generate()), c("a", "b", "c"))
  residues <- function(label, bits) segment(label, 1, bits, encoding = "residues")
  run <- cw_run(run_config(segment("count", 2, 32, 0), residues("word", 64), residues("wide", 100)), people)
  server <- cw_server(run)
  clients <- stats::setNames(lapply(people, function(one) cw_client(run, one)), run$ids)
  values <- list(count = c(7L, -3L), word = as.raw(c(255, 255, 0, 0, 0, 0, 0, 128)), wide = as.raw(c(2, rep(0, 15))))
  server_invite(server)
  answer <- function(id, message) {
    said <- client_answer(clients[[id]], message)
    if (message_kind(message) == "begin") client_mask(clients[[id]], values) else said
  }
  cloakwork:::play(server, clients, answer)
  server_begin(server)
  cloakwork:::play(server, clients, answer)
  sums <- server_sum(server)
  expect_identical(sums$count, c(21, -9))
  expect_identical(sums$word, as.raw(c(253, 255, 2, 0, 0, 0, 0, 128)))
  expect_identical(sums$wide, as.raw(c(6, rep(0, 15))))
})
