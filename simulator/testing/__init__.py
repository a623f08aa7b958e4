"""What a test holds in its hands: a tenant of a simulator, time to move, and records to assert on.

`handle` is the thing itself, asynchronous; `threaded` puts it on a thread of its own for code that blocks; `wanted`
decides whether what happened is what was awaited, and `story` tells what did happen when it is not.
"""
