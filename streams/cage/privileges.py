"""What a process gives up of its rights and shows of itself, by prctl(2) and capset(2)."""

from __future__ import annotations

import ctypes
import os

__all__ = ["drop_privileges", "hide_memory"]

#: Options of prctl(2).
PR_SET_DUMPABLE = 4
PR_SET_NO_NEW_PRIVS = 38

#: capset(2): the version of its arguments that has room for 64 capabilities, in two words.
CAPABILITY_VERSION_3 = 0x20080522


class _CapabilityHeader(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _Capabilities(ctypes.Structure):
    _fields_ = (("effective", ctypes.c_uint32), ("permitted", ctypes.c_uint32), ("inheritable", ctypes.c_uint32))


def hide_memory() -> None:
    """Let no other process of the same user read this one's memory, environment or open files, nor write a core dump.

    Secrets are in them. Starting another program undoes it, so each process of ours does it for itself.

    Raises:
        OSError: The kernel refuses.
    """
    _prctl(PR_SET_DUMPABLE, 0)


def drop_privileges() -> None:
    """Give up every capability, and the gain of any by starting a program: root in the cage is nobody.

    Raises:
        OSError: The kernel refuses.
    """
    _prctl(PR_SET_NO_NEW_PRIVS, 1)
    header = _CapabilityHeader(CAPABILITY_VERSION_3, 0)
    if ctypes.CDLL(None, use_errno=True).capset(ctypes.byref(header), (_Capabilities * 2)()):
        raise _last_error("capset")


def _prctl(option: int, value: int) -> None:
    if ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0):
        raise _last_error(f"prctl {option}")


def _last_error(call: str) -> OSError:
    number = ctypes.get_errno()
    return OSError(number, f"{call}: {os.strerror(number)}")
