"""System calls that decoding has no use for, refused by a filter in the kernel (seccomp, through libseccomp).

It holds what Landlock does not: sockets of every kind, new processes, other processes, and the corners of the kernel in
which most of its flaws are found. What is refused fails with EPERM, as for anybody without the right.
"""

from __future__ import annotations

import contextlib
import errno
import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import ModuleType

__all__ = ["filter_system_calls", "load_library"]

#: Calls that fail whatever they are called with. Names that the machine or its libseccomp does not know are left out.
FORBIDDEN = {
    "network": "socket socketpair bind connect listen accept accept4 socketcall",
    "programs": "execve execveat fork vfork uselib",
    "other processes": "ptrace process_vm_readv process_vm_writev process_madvise process_mrelease kcmp pidfd_open "
    "pidfd_getfd pidfd_send_signal rt_sigqueueinfo rt_tgsigqueueinfo tkill perf_event_open setpgid setsid "
    "setpriority ioprio_set sched_setscheduler sched_setparam sched_setattr migrate_pages move_pages",
    "messages": "shmget shmat shmctl msgget msgsnd msgrcv msgctl semget semop semtimedop semctl mq_open mq_unlink "
    "mq_notify mq_timedsend mq_timedreceive memfd_create memfd_secret",
    "changed files": "creat truncate truncate64 ftruncate ftruncate64 fallocate unlink unlinkat rename renameat "
    "renameat2 mkdir mkdirat rmdir link linkat symlink symlinkat mknod mknodat chmod fchmod fchmodat fchmodat2 chown "
    "fchown lchown fchownat utime utimes utimensat futimesat setxattr lsetxattr fsetxattr setxattrat removexattr "
    "lremovexattr fremovexattr removexattrat file_setattr copy_file_range sendfile splice tee vmsplice",
    "file systems": "mount umount umount2 move_mount open_tree open_tree_attr fsopen fsconfig fsmount fspick "
    "mount_setattr pivot_root chroot swapon swapoff quotactl quotactl_fd fanotify_init fanotify_mark "
    "inotify_init inotify_init1 name_to_handle_at open_by_handle_at lookup_dcookie sync syncfs",
    "identities": "setuid setgid setreuid setregid setresuid setresgid setfsuid setfsgid setgroups capset unshare "
    "setns personality setrlimit umask",
    "the kernel": "bpf keyctl add_key request_key io_uring_setup io_uring_enter io_uring_register userfaultfd io_setup "
    "io_submit init_module finit_module delete_module kexec_load kexec_file_load reboot syslog acct settimeofday "
    "clock_settime clock_adjtime adjtimex stime sethostname setdomainname iopl ioperm modify_ldt vhangup nfsservctl "
    "_sysctl sysfs ustat seccomp",
}
#: Calls whose arguments lie in memory, which a filter cannot look into: the system counts as one that lacks them, and
#: libraries use the older calls, which are looked at.
ABSENT = ("clone3", "openat2")

# Flags and commands of the calls that are looked at.
CLONE_THREAD = 0x10000
PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
#: ioctl(2) commands that type into a terminal.
TYPING = (0x5412, 0x541C)  # TIOCSTI, TIOCLINUX
#: An `int` or `unsigned int` is passed in a register of 64 bits, of which the kernel reads these.
INT = 0xFFFFFFFF


def load_library() -> ModuleType | None:
    """Return the binding to libseccomp; None where the system has no libseccomp.

    It looks for the library by starting a program: load it before that is forbidden.
    """
    try:
        import pyseccomp  # noqa: PLC0415 (it raises where there is no libseccomp)
    except (ImportError, RuntimeError, OSError):
        return None
    module: ModuleType = pyseccomp
    return module


def filter_system_calls(library: ModuleType | None) -> bool:
    """Refuse this process, and all of its threads, what decoding has no use for.

    Args:
        library: What `load_library` gave.

    Returns:
        Whether it holds. It does not where there is no libseccomp, or the kernel knows no filters.
    """
    if library is None:
        return False
    try:
        rules = _rules(library)
        rules.load()
    except OSError:
        return False
    return True


def _rules(library: Any) -> Any:
    rules = library.SyscallFilter(library.ALLOW)
    with contextlib.suppress(OSError):  # a binary tree, in libseccomp from 2.5 on: a call costs tens of ns less
        rules.set_attr(library.Attr.CTL_OPTIMIZE, 2)
    rules.set_attr(library.Attr.CTL_TSYNC, 1)
    for names in FORBIDDEN.values():
        for name in names.split():
            _refuse(library, rules, name)
    for name in ABSENT:
        _refuse(library, rules, name, error=errno.ENOSYS)
    argument, masked, other = library.Arg, library.MASKED_EQ, library.NE
    _refuse(library, rules, "clone", argument(0, masked, CLONE_THREAD, 0))
    for name in ("kill", "tgkill"):  # what ends a process by a signal of its own, as abort() does, is to be seen
        _refuse(library, rules, name, argument(0, other, os.getpid()))
    for option in (PR_SET_PDEATHSIG, PR_SET_DUMPABLE):
        _refuse(library, rules, "prctl", argument(0, masked, INT, option))
    _refuse(library, rules, "prlimit64", argument(0, other, 0))
    _refuse(library, rules, "prlimit64", argument(2, other, 0))
    for command in TYPING:
        _refuse(library, rules, "ioctl", argument(1, masked, INT, command))
    for name, flags in (("open", 1), ("openat", 2)):
        for mode in (os.O_WRONLY, os.O_RDWR):
            _refuse(library, rules, name, argument(flags, masked, os.O_ACCMODE, mode))
        for flag in (os.O_CREAT, os.O_TRUNC):
            _refuse(library, rules, name, argument(flags, masked, flag, flag))
    return rules


def _refuse(library: Any, rules: Any, name: str, *arguments: Any, error: int = errno.EPERM) -> None:
    number = library.resolve_syscall(library.Arch.NATIVE, name)
    if number != UNKNOWN:
        rules.add_rule(library.ERRNO(error), number, *arguments)


#: What libseccomp returns for a name that it does not know.
UNKNOWN = -1
