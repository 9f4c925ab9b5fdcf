"""The program's own second file: what a call raises."""


def raised(kind, call, *arguments):
    """The error of this kind that a call with these arguments raises."""
    try:
        call(*arguments)
    except kind as error:
        return error
    raise AssertionError("%r raised nothing" % (call,))
