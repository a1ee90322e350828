"""A program that ends with the process that asked for it, whatever kills that process.

Run by its path, so that nothing but the standard library is imported, this file is a process
between the two. It starts the program and holds a pipe to the process that asked for it: when
that process is gone the pipe ends, and so does the program.
"""

from __future__ import annotations

import os
import signal
import sys
import threading


def main(life: int, command: list[str]) -> int:
    """Run a command until it ends, or until nobody holds the other end of a pipe.

    Parameters
    ----------
    life : int
        Descriptor of the pipe.
    command : list of str
        The program's path, and its arguments.

    Returns
    -------
    int
        Exit status of the program; 128 and the number of a signal that ended it, 126 if it
        cannot be started.
    """
    try:
        child = os.posix_spawn(command[0], command, os.environ)
    except OSError as error:
        os.write(2, f"{command[0]} cannot be started ({error.strerror})\n".encode())
        return 126

    def end_with_the_pipe() -> None:
        os.read(life, 1)
        os.kill(child, signal.SIGKILL)

    # what ends this process alone ends the program too; who asked for it hears an interruption
    signal.signal(signal.SIGTERM, lambda *_: os.kill(child, signal.SIGKILL))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=end_with_the_pipe, daemon=True).start()
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    # at once: nothing of this process is to be put away
    os._exit(main(int(sys.argv[1]), sys.argv[2:]))
