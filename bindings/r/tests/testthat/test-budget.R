people <- stats::setNames(lapply(1:5, function(i) identity_generate()), letters[1:5])
plan <- plan_privacy(clients = 5, dimension = 3, clip = 1, epsilon = 2, delta = 1e-6, rounds = 4)
run <- cw_run(private_config(plan), people)

test_that("rounds are charged once, and refused where the budget ends", {
  budget <- privacy_budget(plan$epsilon, 1e-6)
  expect_identical(budget_spent(budget), 0)
  for (number in 1:4) cloakwork:::budget_charge(budget, run, number)
  cloakwork:::budget_charge(budget, run, 4)
  expect_equal(budget_spent(budget), plan$epsilon)
  refused <- error_of(cloakwork:::budget_charge(budget, run, 5))
  expect_identical(c(refused$name, refused$argument), c("BUDGET_SPENT", "budget"))
  expect_s3_class(refused, "cloakwork_privacy_error")
  expect_equal(budget_spent(budget), plan$epsilon)
  expect_output(print(budget), "in 4 rounds; unit: one client")
})

test_that("charges outlive the session in their file", {
  file <- tempfile()
  cloakwork:::budget_charge(privacy_budget(plan$epsilon, 1e-6, file = file), run, 1)
  again <- privacy_budget(plan$epsilon, 1e-6, file = file)
  expect_gt(budget_spent(again), 0)
  cloakwork:::budget_charge(again, run, 1)
  expect_equal(budget_spent(again), budget_spent(privacy_budget(plan$epsilon, 1e-6, file = file)))
  expect_identical(error_of(privacy_budget(1, 1e-6, unit = "record", record_clip = 1, file = file))$argument, "file")
  writeLines("x", file)
  expect_identical(error_of(privacy_budget(1, 1e-6, file = file))$argument, "file")
  lost <- privacy_budget(plan$epsilon, 1e-6, file = file.path(tempfile(), "no-folder"))
  expect_identical(error_of(cloakwork:::budget_charge(lost, run, 1))$name, "STORAGE_FAILED")
  expect_identical(budget_spent(lost), 0)
})

test_that("a run with noise needs a budget", {
  needed <- error_of(cloakwork:::budget_for(NULL, run))
  expect_identical(c(needed$name, needed$argument), c("CONFIGURATION", "budget"))
  # Before anything leaves: nobody is at this address.
  office <- controller("http://127.0.0.1:9", fingerprint(people$a), people$b)
  expect_identical(error_of(run_create(office, "private", run = run))$argument, "budget")
  expect_null(cloakwork:::budget_for(NULL, cw_run(run_config(segment("x", 1)), people)))
})

test_that("a rotation seed that comes again is refused", {
  file <- tempfile()
  budget <- privacy_budget(plan$epsilon, 1e-6, file = file)
  cloakwork:::budget_charge(budget, run, 1, raw(32))
  cloakwork:::budget_charge(budget, run, 1, raw(32))
  again <- privacy_budget(plan$epsilon, 1e-6, file = file)
  expect_identical(error_of(cloakwork:::budget_charge(again, run, 2, raw(32)))$name, "ROTATION_SEED_REPEATED")
  cloakwork:::budget_charge(again, run, 2, as.raw(1:32))
})

test_that("wrong budgets are refused by name", {
  expect_identical(error_of(privacy_budget(0, 1e-6))$argument, "epsilon")
  expect_identical(error_of(privacy_budget(1, 1))$argument, "delta")
  expect_identical(error_of(cloakwork:::budget_for(privacy_budget(1, 1e-6), cw_run(run_config(segment("x", 1)), people)))$argument, "budget")
  expect_identical(error_of(cloakwork:::budget_for("all", run))$argument, "budget")
})
