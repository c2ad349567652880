"""The exceptions: one number, name and class for each status of the C ABI."""

from __future__ import annotations

import pickle

import pytest

from cloakwork import errors
from cloakwork._boundary import check, failure
from cloakwork._native import ffi, lib
from cloakwork.errors import CloakworkError, InternalError, Status

PREFIX = "CLOAK_ERR_"
IN_HEADER = {name[len(PREFIX) :]: getattr(lib, name) for name in dir(lib) if name.startswith(PREFIX)}


def test_the_statuses_are_those_of_the_header() -> None:
    assert {status.name: int(status) for status in Status} == IN_HEADER
    assert len(IN_HEADER) > 40


@pytest.mark.parametrize("status", list(Status), ids=lambda status: status.name)
def test_each_status_is_an_exception_of_its_group(status: Status) -> None:
    groups = {
        1: "ArgumentError",
        2: "NumberError",
        3: "EncodingError",
        4: "CryptoError",
        5: "ProtocolError",
        6: "ParameterError",
        7: "PrivacyError",
        9: "InternalError",
        10: "NetworkError",
    }
    with pytest.raises(CloakworkError) as raised:
        check(status, "argument")
    error = raised.value
    # One number has a class of its own within its group.
    own = {Status.NOT_VERIFIED: errors.NotVerifiedError}
    assert type(error) is own.get(status, getattr(errors, groups[status // 100]))
    assert (error.code, error.name, error.argument, error.party, error.bound) == (status, status.name, "argument", None, None)
    sentence = ffi.string(lib.cloak_status_text(status)).decode()
    assert str(error) == f"argument: {sentence} ({status.name})"


def test_success_raises_nothing() -> None:
    check(lib.CLOAK_OK)


def test_an_unknown_status_is_an_exception_too() -> None:
    error = failure(977)
    assert isinstance(error, InternalError)
    assert (error.code, error.name) == (977, "STATUS_977")


def test_details_of_another_call_are_not_taken() -> None:
    detail = ffi.new("cloak_error *", {"status": Status.DUPLICATE, "present": 3, "party": 7, "bound": 9})
    found = failure(Status.DUPLICATE, None, detail)
    assert (found.party, found.bound) == (7, 9)
    other = failure(Status.OUT_OF_ORDER, None, detail)
    assert (other.party, other.bound) == (None, None)


def test_what_people_read() -> None:
    error = errors.NumberError(Status.OUT_OF_RANGE, "too large", party=3, bound=8.5, argument="weights")
    assert str(error) == "weights: too large (OUT_OF_RANGE, party 3, bound 8.5)"
    assert isinstance(error, ValueError)
    assert isinstance(errors.ArgumentTypeError(104, ""), TypeError)
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), again.party) == (errors.NumberError, str(error), 3)
