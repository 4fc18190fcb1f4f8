"""Run every check and test: `python3 deploy/test.py [--only NAME…] [-- PYTEST OPTION…]`.

Installs what they need into `.venv` (and a Chromium, if the machine has none) first.
Goes on after a failure, and ends with a table of all steps.
"""

# No `from __future__` here: an older Python shall get as far as the message below.
import argparse
import sys

if sys.version_info < (3, 10):
    sys.exit("Jupyter Chat needs Python 3.10 or newer; this is Python " + sys.version.split()[0])

import chromium
import environment
import proxy
import steps


def main(arguments: list[str]) -> int:
    """Prepare, run the steps, and say how they went."""
    names = [step.name for step in steps.STEPS]
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--only", nargs="+", choices=names, metavar="NAME", default=names)
    parser.add_argument("--list", action="store_true")
    parser.add_argument("pytest_options", nargs="*")
    options = parser.parse_args(arguments)
    if options.list:
        print(*(f"{step.name:12} {step.what}" for step in steps.STEPS), sep="\n")
        return 0
    chosen = [step for step in steps.STEPS if step.name in options.only]

    print("Preparing", flush=True)
    environment.prepare("test", front_end_tools=True)
    variables = environment.variables()
    variables["PYTHONPATH"] = str(steps.WITHOUT)
    # or each of the hundred servers would compile the package anew
    variables.pop("PYTHONDONTWRITEBYTECODE", None)
    if any(step.browser for step in chosen) and (program := chromium.provide()):
        variables[chromium.VARIABLE] = program
    if any(step.hub for step in chosen):
        proxy.provide()
    if any(step.local_model for step in chosen) and not environment.provide_local_model():
        print("  The local model is not to be had here; its tests are skipped.", flush=True)

    results = steps.run_all(chosen, variables, options.pytest_options)
    return steps.report(results)


if __name__ == "__main__":
    environment.program(main)
