"""An application under test on Flask: unhealthy at first, then it takes payments that were declined."""

from flask import Flask, Response, request


def make_app(failures: int = 0) -> Flask:
    """The receiver; it answers 503 to its first ``failures`` callouts, as if it were still starting."""
    app = Flask(__name__)
    app.config["DECLINED"] = []
    state = {"failures": failures}

    @app.post("/callout")
    def callout() -> Response:
        if state["failures"] > 0:
            state["failures"] -= 1
            return Response(status=503)
        app.config["DECLINED"].append(request.get_json()["AccountId"])
        return Response(status=200)

    return app
