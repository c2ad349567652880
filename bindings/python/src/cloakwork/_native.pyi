"""The module that cffi compiles from cloakwork.h; what it holds is known when it is built."""

from typing import Any

ffi: Any
lib: Any
