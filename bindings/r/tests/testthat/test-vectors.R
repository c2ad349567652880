# Replays the vectors that reach the surface of this package.

hex_of <- function(x) cloakwork:::hex(x)

# The smallest integer is R's NA; as bits it is a value like the others.
i32 <- function(texts) {
  numbers <- vapply(texts, as.numeric, 0)
  out <- suppressWarnings(as.integer(numbers))
  out[numbers == -2^31] <- NA_integer_
  out
}

test_that("hashes", {
  # Hash(label, parts) of docs/protocol.md, section 1, is SHA-256 of parts with their lengths.
  with_length <- function(part) c(writeBin(length(part), raw(), 4L, endian = "little"), part)
  for (vector in load_vectors("hash.json")$hash) {
    parts <- c(list(charToRaw(paste0("cloakwork/1 ", vector$label))), lapply(vector$parts, bytes))
    expect_identical(cloakwork:::sha256(do.call(c, lapply(parts, with_length))), bytes(vector$hash))
  }
})

test_that("keys that are refused", {
  file <- load_vectors("agreement.json")
  own <- identity_generate()
  for (group in file[c("low_order", "not_canonical")]) {
    for (key in group$keys) {
      failure <- .Call(cloakwork:::C_cw_channel_new, own$handle, 0L, bytes(key))
      expect_identical(status_of(cloakwork:::returned(failure)), group$error, info = key)
    }
  }
})

test_that("fingerprints", {
  file <- load_vectors("fingerprint.json")
  for (vector in file$valid) {
    key <- bytes(vector$key)
    expect_identical(public_key(vector$fingerprint), key)
    expect_identical(fingerprint(key) == vector$fingerprint, vector$canonical)
  }
  for (vector in file$invalid) expect_identical(status_of(public_key(vector$text)), vector$error, info = vector$reason)
})

test_that("MACs of requests and responses, and counters", {
  file <- load_vectors("channel.json")
  expect_identical(public_key(identity_of(file$client_secret)), bytes(file$client_public))
  here <- .Call(cloakwork:::C_cw_channel_new, identity_of(file$client_secret)$handle, 0L, bytes(file$server_public))
  there <- .Call(cloakwork:::C_cw_channel_new, identity_of(file$server_secret)$handle, 1L, bytes(file$client_public))
  for (vector in file$macs) {
    run <- if (nzchar(vector$run)) bytes(vector$run)
    hash <- cloakwork:::sha256(bytes(vector$body))
    expect_identical(hash, bytes(vector$body_sha256))
    parts <- list(vector$method, vector$path, vector$query)
    mac <- bytes(vector$mac)
    expect_identical(.Call(cloakwork:::C_cw_channel_mac, here, vector$direction, parts, run, vector$counter, hash), mac)
    expect_identical(.Call(cloakwork:::C_cw_channel_mac, there, vector$direction, parts, run, vector$counter, hash), mac)
    expect_true(.Call(cloakwork:::C_cw_channel_verify, there, vector$direction, parts, run, vector$counter, hash, mac))
    mac[[7L]] <- xor(mac[[7L]], as.raw(1))
    expect_false(.Call(cloakwork:::C_cw_channel_verify, there, vector$direction, parts, run, vector$counter, hash, mac))
  }
  claim <- function(counter) {
    headers <- list("cloakwork-party" = file$client_public, "cloakwork-counter" = counter, "cloakwork-mac" = file$macs[[1L]]$mac)
    status_of(cloakwork:::credentials(headers))
  }
  for (vector in file$counters$valid) expect_identical(claim(vector$text), 0L, info = vector$text)
  for (text in file$counters$invalid) expect_identical(claim(text), 802L, info = text)
})

test_that("run descriptions", {
  file <- load_vectors("run.json")
  read <- 0
  for (vector in file$valid) {
    if (is.null(vector$roster)) next
    run <- cw_run_decode(bytes(vector$description), bytes(vector$roster))
    expect_identical(run_bytes(run, "description"), bytes(vector$description))
    expect_identical(run_bytes(run, "roster"), bytes(vector$roster))
    expect_identical(run_bytes(run, "hash"), bytes(vector$run_hash))
    parameters <- vector$parameters
    expect_identical(hex_of(run$about$run_id), parameters$run_id)
    expect_identical(hex_of(run$about$beacon), parameters$beacon)
    for (name in c("degree", "threshold", "min_inputs", "colluders", "max_rounds", "setup_seconds", "step_seconds", "suite", "mode", "max_passes")) {
      expect_equal(cloakwork:::run_number(run, name), as.numeric(parameters[[name]]), info = name)
    }
    for (i in seq_along(parameters$segments)) {
      for (name in c("label", "length", "bits", "encoding", "fraction")) {
        expect_equal(as.character(run$about$segments[[name]][[i]]), as.character(parameters$segments[[i]][[name]]), info = name)
      }
    }
    if (!is.null(parameters$mechanism)) expect_equal(run$about$mechanism, vector_mechanism(parameters$mechanism))
    read <- read + 1
  }
  expect_gt(read, 10)
  roster <- bytes(file$rosters$valid$roster)
  for (vector in file$invalid) {
    # What is wrong with the description is found before the roster is looked at.
    expect_identical(status_of(cw_run_decode(bytes(vector$description), roster)), vector$error, info = vector$name)
  }
})

test_that("rosters that are refused in a description that holds their hash", {
  vectors <- load_vectors("run.json")$rosters
  valid <- bytes(vectors$valid$roster)
  members <- split(valid, (seq_along(valid) - 1L) %/% 40L)
  keys <- stats::setNames(lapply(members, function(member) member[9:40]), paste0("p", seq_along(members)))
  ids <- vapply(members, function(member) as.character(as.integer(member[[1L]])), "")
  description <- hex_of(run_bytes(cw_run(run_config(segment("x", 1)), keys, ids = unname(ids)), "description"))
  expect_true(grepl(vectors$valid$roster_hash, description, fixed = TRUE))
  for (vector in vectors$invalid) {
    altered <- bytes(sub(vectors$valid$roster_hash, vector$roster_hash, description, fixed = TRUE))
    # What is wrong with a key is said by whoever uses it: the server uses all.
    expect_identical(status_of(cw_server(cw_run_decode(altered, bytes(vector$roster)))), vector$error, info = vector$name)
  }
})

test_that("rosters that are not those of their hash", {
  file <- load_vectors("run.json")
  valid <- Filter(function(vector) !is.null(vector$roster), file$valid)[[1L]]
  for (cut in c(1, 40)) {
    expect_identical(status_of(cw_run_decode(bytes(valid$description), bytes(valid$roster)[-seq_len(cut)])), 601L)
  }
  swapped <- bytes(valid$roster)
  swapped[[10L]] <- xor(swapped[[10L]], as.raw(1))
  expect_identical(status_of(cw_run_decode(bytes(valid$description), swapped)), 601L)
})

test_that("neighbours", {
  tried <- 0
  for (vector in load_vectors("graph.json")$neighbours) {
    if (vector$n > 400) next
    n <- vector$n
    # Fixed rosters need keys: those of as many fresh identities.
    people <- stats::setNames(lapply(seq_len(n), function(i) identity_generate()), paste0("p", seq_len(n)))
    config <- run_config(segment("x", 1), degree = vector$degree, threshold = NULL, colluders = 0, recovery = n > 2)
    run <- error_of(assign("made", cw_run(config, people, ids = as.character(seq_len(n) - 1), beacon = bytes(vector$beacon))))
    if (!is.null(run)) next
    for (i in seq_along(vector$positions)) {
      found <- run_neighbours(made, as.character(vector$positions[[i]]))
      expect_identical(found, vapply(vector$neighbours[[i]], as.character, ""))
    }
    tried <- tried + 1
  }
  expect_gt(tried, 5)
})

test_that("transforms and rotations of doubles and 32-bit integers", {
  which <- c(transform = 0L, rotate = 1L, unrotate = 2L)
  tried <- 0
  for (vector in load_vectors("hadamard.json")$transforms) {
    if (!(vector$number %in% c("f64", "i32"))) next
    real <- vector$number == "f64"
    read <- function(values) if (real) ieee(values) else i32(values)
    found <- .Call(
      cloakwork:::C_cw_hadamard, which[[vector$`function`]], read(vector$input), as.integer(vector$orthonormal), vector$suite, bytes(vector$seed),
      vector$first
    )
    expect_identical(writeBin(found, raw()), writeBin(read(vector$output), raw()))
    tried <- tried + 1
  }
  expect_gt(tried, 30)
})

# Suite 2 reads the first half of a key.
key32 <- function(text) c(bytes(text), raw(32))[1:32]

test_that("samples of the discrete Gaussian", {
  vectors <- load_vectors("gaussian.json")$samples
  expect_gt(length(vectors), 10)
  for (vector in vectors) {
    found <- .Call(cloakwork:::C_cw_gaussian, as.double(length(vector$samples)), ieee(vector$ieee754), vector$suite, key32(vector$key))
    expect_identical(found, as.integer(unlist(vector$samples)))
  }
})

test_that("private vectors", {
  file <- load_vectors("private.json")
  for (vector in file$contributions) {
    arguments <- cloakwork:::mechanism_arguments(vector_mechanism(vector$mechanism))
    residues <- .Call(
      cloakwork:::C_cw_contribution_residues, arguments[[1L]], arguments[[2L]], vector$bits, vector$suite, bytes(vector$rotation),
      lapply(vector$parts, ieee), bytes(vector$rng_tape)
    )
    expect_identical(residues, lanes(vector$residues, vector$bits), info = vector$name)
    values <- .Call(
      cloakwork:::C_cw_mechanism_decode, arguments[[1L]], arguments[[2L]], vector$bits, vector$suite, bytes(vector$rotation), residues
    )
    expect_identical(writeBin(values, raw()), writeBin(ieee(vector$values), raw()), info = vector$name)
  }
  refused <- file$refused
  arguments <- cloakwork:::mechanism_arguments(vector_mechanism(refused$mechanism))
  for (vector in refused$values) {
    failure <- .Call(
      cloakwork:::C_cw_contribution_residues, arguments[[1L]], arguments[[2L]], refused$bits, 2L, raw(32), list(ieee(vector$values)), NULL
    )
    expect_identical(failure$status, vector$error, info = vector$name)
  }
})

test_that("sums of fixed point", {
  for (vector in load_vectors("fixed.json")$decoding) {
    # The one residue that no word of 128 bits holds, and no sum reaches: docs/protocol.md, section 5.
    vector$sums <- Filter(function(sum) sum$residue != "170141183460469231731687303715884105728" || vector$bits < 128, vector$sums)
    people <- list(a = identity_generate(), b = identity_generate())
    count <- length(vector$sums)
    config <- run_config(segment("x", count, vector$bits, vector$fraction), recovery = FALSE, colluders = 0)
    run <- cw_run(config, people)
    residues <- lanes(lapply(vector$sums, `[[`, "residue"), vector$bits)
    found <- .Call(cloakwork:::C_cw_run_numbers, run$handle, 0L, residues)
    expect_identical(found, ieee(vapply(vector$sums, `[[`, "", "ieee754")))
  }
})
