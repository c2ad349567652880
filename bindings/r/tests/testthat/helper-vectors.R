# The vectors of the repository (tests/README.md there): CLOAKWORK_VECTORS names their folder, a tarball carries those that are replayed
# here.

vectors_folder <- function() {
  named <- Sys.getenv("CLOAKWORK_VECTORS")
  candidates <- c(if (nzchar(named)) named, test_path("vectors"), test_path("..", "..", "..", "..", "tests", "vectors"))
  found <- Filter(dir.exists, candidates)
  if (length(found) == 0L) stop("there are no vectors: set CLOAKWORK_VECTORS to the folder tests/vectors of the repository")
  found[[1L]]
}

load_vectors <- function(name) jsonlite::fromJSON(file.path(vectors_folder(), name), simplifyVector = FALSE)

bytes <- function(text) cloakwork:::from_hex(text)

# Doubles from their bits, most significant byte first.
ieee <- function(texts) {
  as.double(vapply(texts, function(text) readBin(bytes(text), "double", 1L, 8L, endian = "big"), 0, USE.NAMES = FALSE))
}

# Residues of decimal strings in lanes, little-endian. Lanes of 16 bytes are made of base-256 digits.
lanes <- function(texts, bits) {
  width <- cloakwork:::lane_bytes(bits)
  do.call(c, lapply(texts, function(text) decimal_bytes(as.character(text), width)))
}

decimal_bytes <- function(text, width) {
  digits <- as.integer(strsplit(text, "")[[1L]])
  out <- raw(width)
  for (i in seq_len(width)) {
    carry <- 0L
    for (j in seq_along(digits)) {
      carry <- carry * 10L + digits[[j]]
      digits[[j]] <- carry %/% 256L
      carry <- carry %% 256L
    }
    out[[i]] <- as.raw(carry)
  }
  out
}

error_of <- function(expression) tryCatch({
  force(expression)
  NULL
}, cloakwork_error = base::identity)

status_of <- function(expression) {
  error <- error_of(expression)
  if (is.null(error)) 0L else error$status
}

# The mechanism of a vector.
vector_mechanism <- function(given) {
  numbers <- c(
    as.numeric(given$dimension), ieee(given$clamp), ieee(given$clip), ieee(given$granularity), ieee(given$noise), given$parts, given$honest,
    given$block_log2
  )
  cloakwork:::mechanism_from(list(numbers = numbers, norm_bound = given$norm_bound))
}

identity_of <- function(secret) cloakwork:::object("cw_identity", cloakwork:::returned(.Call(cloakwork:::C_cw_identity_from_bytes, bytes(secret))))
