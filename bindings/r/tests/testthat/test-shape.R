test_that("shapes keep form and names", {
  examples <- list(
    3, c(a = 1, b = 2), matrix(1:6, 2, dimnames = list(c("r", "s"), NULL)), array(1:24, 2:4),
    data.frame(x = c(1, 2), y = c(3L, 4L)), data.frame(x = 1:2, row.names = c("first", "second")),
    list(n = 1, fit = list(score = c(u = 1, v = 2), information = diag(2)), table = data.frame(x = 1:2))
  )
  for (example in examples) {
    shape <- cw_shape(example)
    vector <- flatten(shape, example)
    expect_type(vector, "double")
    expect_equal(restore(shape, vector), example)
    expect_equal(cloakwork:::settings_shape(cloakwork:::shape_settings(shape)), shape, ignore_attr = TRUE)
    again <- cloakwork:::settings_shape(cloakwork:::shape_settings(shape))
    expect_equal(restore(again, flatten(again, example)), example)
  }
})

test_that("a plain vector is not copied", {
  values <- as.double(1:10)
  expect_identical(flatten(cw_shape(numeric(10)), values), values)
  expect_length(capture.output(print(cw_shape(list(a = 1, b = diag(2), c = data.frame(x = 1))))), 1L)
})

test_that("factors are refused by name, or counted", {
  sex <- factor(c("f", "m", "f"))
  expect_identical(error_of(cw_shape(list(n = 1, sex = sex)))$argument, "example$sex")
  expect_identical(error_of(cw_shape(data.frame(sex = sex), factors = "count"))$argument, "example$sex")
  shape <- cw_shape(list(sex = sex), factors = "count")
  expect_identical(restore(shape, flatten(shape, list(sex = sex))), list(sex = c(f = 2, m = 1)))
  expect_identical(error_of(flatten(shape, list(sex = factor("f"))))$argument, "x$sex")
  expect_identical(error_of(flatten(cw_shape(1), sex[[1L]]))$argument, "x")
})

test_that("missing values are refused by name, or count as nothing", {
  shape <- cw_shape(list(age = c(1, 2), weight = 0))
  refused <- error_of(flatten(shape, list(age = c(1, NA), weight = 0)))
  expect_identical(c(refused$argument, refused$name), c("x$age", "NOT_FINITE"))
  lenient <- cw_shape(list(age = c(1, 2), weight = 0), na = "zero")
  expect_identical(flatten(lenient, list(age = c(1, NA), weight = 3)), c(1, 0, 3))
  for (value in c(NaN, Inf, -Inf)) expect_identical(status_of(flatten(lenient, list(age = c(1, value), weight = 3))), 201L)
  counted <- cw_shape(list(sex = factor(c("f", "m"))), na = "zero", factors = "count")
  expect_identical(flatten(counted, list(sex = factor(c("f", NA), c("f", "m")))), c(1, 0))
})

test_that("other forms are refused by name", {
  shape <- cw_shape(list(m = diag(2), d = data.frame(x = 1:2)))
  good <- list(m = diag(2), d = data.frame(x = 1:2))
  wrong <- function(...) error_of(flatten(shape, utils::modifyList(good, list(...))))$argument
  expect_identical(wrong(m = diag(3)), "x$m")
  expect_identical(wrong(m = 1:4), "x$m")
  expect_identical(wrong(m = letters[1:4]), "x$m")
  expect_identical(wrong(d = 1), "x$d")
  expect_identical(error_of(flatten(shape, list(m = diag(2), d = data.frame(x = 1:3))))$argument, "x$d")
  expect_identical(error_of(flatten(shape, good["m"]))$argument, "x")
  expect_identical(error_of(flatten(cw_shape(c(a = 1)), c(b = 1)))$argument, "x")
  expect_identical(error_of(cw_shape(list(1, 2)))$argument, "example")
  expect_identical(error_of(cw_shape(numeric()))$argument, "example")
  expect_identical(error_of(cw_shape("a"))$argument, "example")
  expect_identical(error_of(cw_shape(Sys.Date()))$argument, "example")
  expect_identical(error_of(restore(shape, 1:3))$argument, "values")
  expect_identical(error_of(cw_shape(1, na = "skip"))$argument, "na")
})

test_that("ids of 64 bits are kept", {
  little <- cloakwork:::little_endian
  expect_identical(little(as.raw(rep(255, 8))), "18446744073709551615")
  expect_identical(little(as.raw(rep(0, 8))), "0")
  expect_identical(little(as.raw(c(1, 0, 0, 0, 0, 0, 32, 0))), "9007199254740993")
})
