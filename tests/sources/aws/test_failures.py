"""What a failed call to AWS means, and what is said of it."""

import pytest
from backup_auditor.errors import AwsError
from backup_auditor.model import GapReason
from backup_auditor.sources.aws.client.failures import source_error


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("NoCredentialsError", GapReason.CREDENTIALS),
        ("ExpiredToken", GapReason.CREDENTIALS),
        ("AccessDenied", GapReason.REFUSED),
        ("UnauthorizedOperation", GapReason.REFUSED),
        ("Throttling", GapReason.THROTTLED),
        ("EndpointConnectionError", GapReason.UNREACHABLE),
        ("NoSuchBucket", GapReason.NOT_FOUND),
        ("UnknownOperationException", GapReason.UNSUPPORTED),
        ("ResponseParserError", GapReason.MALFORMED),
        ("SomethingNew", GapReason.PROVIDER_ERROR),
    ],
)
def test_a_code_has_its_reason(code: str, reason: GapReason) -> None:
    assert source_error(AwsError(code), "rds", "DescribeDBInstances").reason is reason


def test_what_was_asked_is_named_and_without_keys_what_to_do() -> None:
    said = source_error(AwsError("AccessDenied"), "rds", "DescribeDBInstances").detail
    assert said == "rds:DescribeDBInstances: AccessDenied"
    assert "AWS_PROFILE" in source_error(AwsError("NoCredentialsError"), "sts", "x").detail
