#' Identities and fingerprints
#'
#' An identity is a party's static X25519 key pair. Its fingerprint is text with a checksum that carries the whole public key: the party
#' sends it to whoever plans a run, by a channel that both trust. The secret key is never in R's memory, which nobody can wipe: it is in the
#' object of the library, and `identity_save()` and `identity_load()` write and read its file directly.
#'
#' @param path file of the identity. It is written for its owner alone, and refused if others may read it; an existing file is never
#'   overwritten. The Python package and the command line use the same files.
#' @param identity an identity.
#' @param x an identity, a public key (32 raw bytes) or, for `public_key()`, a fingerprint.
#' @return `identity_generate()` and `identity_load()`: an object of class `cw_identity`. `identity_save()`: the path, invisibly.
#'   `fingerprint()`: a string. `public_key()`: 32 raw bytes.
#' @examples
#' identity <- identity_generate()
#' fingerprint(identity)
#'
#' path <- tempfile()
#' identity_save(identity, path)
#' identical(public_key(identity_load(path)), public_key(identity))
#' @name identities
NULL

#' @rdname identities
#' @export
identity_generate <- function() object("cw_identity", returned(.Call(C_cw_identity_new, NULL)))

#' @rdname identities
#' @export
identity_save <- function(identity, path) {
  of_class(identity, "cw_identity", "identity")
  file <- path.expand(one_text(path, "path"))
  returned(.Call(C_cw_identity_save, identity$handle, file))
  invisible(path)
}

#' @rdname identities
#' @export
identity_load <- function(path) object("cw_identity", returned(.Call(C_cw_identity_load, path.expand(one_text(path, "path")))))

#' @rdname identities
#' @export
fingerprint <- function(x) {
  key <- if (inherits(x, "cw_identity")) public_key(x) else raw_bytes(x, "x", 32L)
  returned(.Call(C_cw_fingerprint_encode, key))
}

#' @rdname identities
#' @export
public_key <- function(x) {
  if (inherits(x, "cw_identity")) {
    return(returned(.Call(C_cw_identity_public_key, x$handle)))
  }
  if (is.raw(x)) {
    return(raw_bytes(x, "x", 32L))
  }
  returned(.Call(C_cw_fingerprint_decode, one_text(x, "x")), "x")
}

#' @export
print.cw_identity <- function(x, ...) {
  cat("<cw_identity> ", if (alive(x)) fingerprint(x) else "(closed)", "\n", sep = "")
  invisible(x)
}
