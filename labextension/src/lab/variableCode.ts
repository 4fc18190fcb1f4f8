// What is executed in a Python kernel to list its variables, and to describe one of them.

/**
 * It is given to the kernel as an expression beside an empty cell: nothing is printed, counted
 * or kept in the history, and no name is left behind.  Of the person's own code it calls at
 * most one `repr`; tables of pandas and polars are asked for their types and first rows.
 */
export const VARIABLE_CODE = String.raw`
import base64, json, reprlib, signal, threading, traceback, types

MOST = 20000
ROWS = 10
COLUMNS = 100
LISTED = 1000
SECONDS = 3
PASSED_OVER = (
    types.ModuleType,
    types.FunctionType,
    types.BuiltinFunctionType,
    types.MethodType,
    type,
)


def answer(value):
    return base64.b64encode(json.dumps(value).encode()).decode()


def listed(names):
    shell = names.get("get_ipython")
    hidden = getattr(shell(), "user_ns_hidden", {}) if callable(shell) else {}
    found = [
        [name, kind_of(value), size_of(value)]
        for name, value in list(names.items())
        if isinstance(name, str)
        and not name.startswith("_")
        and not (name in hidden and hidden[name] is value)
        and not issubclass(type(value), PASSED_OVER)
    ]
    return answer(found[-LISTED:])


def described(names, name):
    if name not in names:
        return answer(None)
    value = names[name]
    try:
        text = cut(in_time(text_of, value))
    except TooSlow:
        return answer({"kind": "slow", "text": ""})
    return answer({"kind": "error" if is_error(value) else "variable", "text": text})


class TooSlow(BaseException):
    pass


def too_slow(*_):
    raise TooSlow


def in_time(work, value):
    # Ends nothing but this, unlike an interrupt of the kernel, which may reach the next cell.
    if not may_be_timed():
        return work(value)
    before = signal.signal(signal.SIGALRM, too_slow)
    try:
        try:
            signal.setitimer(signal.ITIMER_REAL, SECONDS, SECONDS)
            return work(value)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
    finally:
        signal.signal(signal.SIGALRM, before)


def may_be_timed():
    return (
        hasattr(signal, "setitimer")
        and threading.current_thread() is threading.main_thread()
        and signal.getsignal(signal.SIGALRM) is not None
        and signal.getitimer(signal.ITIMER_REAL)[0] == 0
    )


def is_error(value):
    return issubclass(type(value), BaseException)


def text_of(value):
    if is_error(value):
        lines = traceback.format_exception(type(value), value, value.__traceback__)
        return "".join(lines)
    if type(value) is str:
        return value
    if is_table(value):
        return table(value)
    head = kind_of(value) + (", " + size_of(value) if size_of(value) else "")
    return head + "\n" + short_repr(value)


def short_repr(value):
    try:
        if type(value) in (list, tuple, set, frozenset, dict, bytes, bytearray):
            return SHORT.repr(value)
        return repr(value)
    except Exception as failure:
        return "(its repr failed: " + type(failure).__name__ + ")"


def package_of(value):
    return type(value).__module__.partition(".")[0]


def is_table(value):
    return package_of(value) in ("pandas", "polars") and type(value).__name__ in (
        "DataFrame",
        "Series",
        "GeoDataFrame",
    )


def table(value):
    lines = [kind_of(value) + ", " + size_of(value), ""]
    if hasattr(value, "columns"):
        pairs = list(zip(value.columns, value.dtypes))
        lines += ["%s: %s" % pair for pair in pairs[:COLUMNS]]
        if len(pairs) > COLUMNS:
            lines.append("and %d columns more" % (len(pairs) - COLUMNS))
        head = value[list(value.columns[:COLUMNS])].head(ROWS)
    else:
        lines.append("%s: %s" % (value.name, value.dtype))
        head = value.head(ROWS)
    text = head.to_string() if package_of(value) == "pandas" else str(head)
    return "\n".join([*lines, "", "First %d rows:" % min(ROWS, value.shape[0]), text])


def kind_of(value):
    kind = type(value)
    module = "" if kind.__module__ == "builtins" else kind.__module__.partition(".")[0] + "."
    return module + kind.__qualname__


def size_of(value):
    if package_of(value) in ("pandas", "polars", "numpy", "torch", "jax", "jaxlib"):
        shape = getattr(value, "shape", None)
        if isinstance(shape, tuple):
            return " x ".join(str(side) for side in shape)
    if type(value) in (list, tuple, set, frozenset, dict, str, bytes, bytearray):
        kind = "character" if type(value) is str else "item"
        return "%d %s%s" % (len(value), kind, "" if len(value) == 1 else "s")
    return ""


def cut(text):
    if len(text) <= MOST:
        return text
    return text[:MOST] + "\n[... %d characters more]" % (len(text) - MOST)


SHORT = reprlib.Repr()
SHORT.maxlevel = 6
SHORT.maxlist = SHORT.maxtuple = SHORT.maxset = SHORT.maxfrozenset = SHORT.maxdict = 200
SHORT.maxstring = SHORT.maxother = 2000
`;

/** An expression that calls one of its functions with the names of the kernel. */
export function variableCall(call: 'listed' | 'described', name?: string): string {
  const names = name === undefined ? '' : `, ${JSON.stringify(name)}`;
  return (
    `(lambda scope: (exec(${JSON.stringify(VARIABLE_CODE)}, scope), ` +
    `scope["${call}"](globals()${names}))[1])({"__name__": "variables"})`
  );
}
