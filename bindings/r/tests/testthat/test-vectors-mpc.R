vector_words <- function(value) vapply(value$words, as.numeric, 0)

# Secrets of a vector: real numbers are words times 2^-fraction, a truth value is whether a number is positive.
vector_secret <- function(session, value, owner) {
  words <- vector_words(value)
  if (value$kind == "real") {
    return(mpc_share(session, words / 2^session$fraction, owner))
  }
  whole <- mpc_share(session, words, owner, kind = "integer")
  if (value$kind == "bit") whole > 0 else whole
}

vector_constants <- function(case) {
  if (is.null(case$reals)) as.numeric(unlist(case$integers)) else ieee(vapply(case$reals, function(real) real$ieee754, ""))
}

# Rows of consecutive elements, one operation after the other.
by_rows <- function(x, columns, operation) {
  rows <- lapply(seq_len(length(x) / columns), function(row) operation(x[(row - 1) * columns + seq_len(columns)]))
  do.call(c, rows)
}

# Matrices of a vector are written row by row.
matrix_of <- function(x, rows, columns) {
  dim(x) <- c(columns, rows)
  t(x)
}

computed <- function(case, x) {
  numbers <- unlist(case$numbers)
  switch(case$operation,
    add = x[[1]] + x[[2]],
    subtract = x[[1]] - x[[2]],
    negate = -x[[1]],
    multiply = x[[1]] * x[[2]],
    square = x[[1]] * x[[1]],
    divide = x[[1]] / x[[2]],
    multiply_public = x[[1]] * vector_constants(case),
    add_public = x[[1]] + vector_constants(case),
    power = x[[1]]^numbers,
    polynomial = mpc_polynomial(x[[1]], vector_constants(case)),
    matrix_product = t(mpc_matmul(matrix_of(x[[1]], numbers[[1]], numbers[[2]]), matrix_of(x[[2]], numbers[[2]], numbers[[3]]))),
    sum = by_rows(x[[1]], numbers, sum),
    less = x[[1]] < x[[2]],
    equal = x[[1]] == x[[2]],
    maximum = mpc_pmax(x[[1]], x[[2]]),
    minimum = mpc_pmin(x[[1]], x[[2]]),
    rectify = mpc_relu(x[[1]]),
    absolute = abs(x[[1]]),
    choose = mpc_where(x[[1]], x[[2]], x[[3]]),
    clamp = mpc_clamp(x[[1]], vector_constants(case)[[1]], vector_constants(case)[[2]]),
    greatest = by_rows(x[[1]], numbers, max),
    smallest = by_rows(x[[1]], numbers, min),
    place_of_greatest = by_rows(x[[1]], numbers, mpc_which_max) - 1L,
    place_of_smallest = by_rows(x[[1]], numbers, mpc_which_min) - 1L,
    sort = by_rows(x[[1]], numbers, sort),
    median = by_rows(x[[1]], numbers, median),
    and = x[[1]] & x[[2]],
    or = x[[1]] | x[[2]],
    exclusive_or = xor(x[[1]], x[[2]]),
    not = !x[[1]],
    sigmoid = mpc_sigmoid(x[[1]]),
    tanh = tanh(x[[1]]),
    exponential = exp(x[[1]]),
    logarithm = log(x[[1]]),
    reciprocal = mpc_reciprocal(x[[1]]),
    square_root = sqrt(x[[1]]),
    inverse_square_root = mpc_rsqrt(x[[1]]),
    softmax = by_rows(x[[1]], numbers, mpc_softmax)
  )
}

test_that("operations of two, three and five parties follow the vectors, word for word", {
  cases <- load_vectors("mpc.json")$cases
  expect_gt(length(cases), 200)
  for (parties in c(2, 3, 5)) {
    for (case in cases) {
      session <- mpc_session(parties, case$fraction, case$bits, case$rounding)
      secrets <- lapply(seq_along(case$inputs), function(place) vector_secret(session, case$inputs[[place]], 2 - place %% 2))
      opened <- as.vector(mpc_open(computed(case, secrets)))
      words <- if (case$output$kind == "real") opened * 2^case$fraction else as.numeric(opened)
      expect_identical(words, vector_words(case$output), info = paste(case$operation, parties))
      close(session)
    }
  }
})

test_that("whole numbers beyond 2^53 in the results are refused, and their order is right where the numbers can be shared", {
  session <- mpc_session()
  x <- mpc_share(session, 2^53, kind = "integer")
  for (case in load_vectors("mpc.json")$wide) expect_true(any(abs(vector_words(case$inputs[[1]])) > 2^53))
  expect_identical(error_of(mpc_open(x + x))$name, "OUT_OF_RANGE")
  expect_true(mpc_open(x - 1 < x))
})
