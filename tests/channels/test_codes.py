"""What a number in the body means: only 0 under status 200 is success, and words are not told."""

import pytest
from backup_auditor.channels._codes import Codes
from backup_auditor.errors import DeliveryError
from backup_auditor.posting import Reply

CODES = Codes("errcode", passing={45009: "too many messages"}, permanent={93000: "wrong address"})


def test_zero_is_success() -> None:
    CODES.check(Reply(200, '{"errcode": 0, "errmsg": "ok"}'))


@pytest.mark.parametrize(
    ("reply", "permanent", "said"),
    [
        (Reply(200, '{"errcode":93000}'), True, "HTTP 200 (errcode 93000: wrong address)"),
        (Reply(200, '{"errcode":45009}'), False, "HTTP 200 (errcode 45009: too many messages)"),
        (Reply(200, '{"errcode":7,"errmsg":"SECRET"}'), True, "HTTP 200 (errcode 7)"),
        (Reply(400, '{"errcode":45009}'), False, "HTTP 400 (errcode 45009: too many messages)"),
        (Reply(503, '{"errcode":93000}'), True, "HTTP 503 (errcode 93000: wrong address)"),
        (Reply(503, '{"errcode":7}'), False, "HTTP 503 (errcode 7)"),
        (Reply(503, '{"errcode":0}'), False, "HTTP 503 (errcode 0)"),
        (Reply(201, '{"errcode":0}'), True, "HTTP 201 (errcode 0)"),
        (Reply(404, "<html>"), True, "HTTP 404"),
        *(
            (Reply(200, body), True, "HTTP 200 (the body holds no errcode that is known)")
            for body in (
                *("", "ok", "{}", '{"code":0}', '{"errcode":"0"}', '{"errcode":0.0}'),
                *('{"errcode":false}', '{"errcode":null}', '{"errcode":[0]}'),
                *('{"errcode":1000000001}', '{"errcode":-1000000001}'),
            )
        ),
        (
            Reply(200, "", is_whole=False),
            False,
            "HTTP 200 (the body holds no errcode that is known)",
        ),
    ],
)
def test_anything_else_is_a_failure(reply: Reply, permanent: bool, said: str) -> None:
    with pytest.raises(DeliveryError) as caught:
        CODES.check(reply)
    assert caught.value.permanent is permanent
    assert caught.value.reason == f"the target answered {said}"
