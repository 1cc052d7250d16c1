"""What a failed call to AWS means to a client that only reads.

Errors are told apart by what they carry (see ``backup_auditor.aws``): a code that the service
answered, or the name of botocore's own exception. Their texts are left out, because they name
users, roles and accounts.
"""

from __future__ import annotations

from backup_auditor.errors import AwsError, SourceError
from backup_auditor.model import GapReason
from backup_auditor.speech import phrase

# The same for every service: https://docs.aws.amazon.com/awssupport/latest/user/ and each
# service's page "Common errors".
_REASONS = {
    **dict.fromkeys(
        (
            *("UnrecognizedClientException", "InvalidClientTokenId", "SignatureDoesNotMatch"),
            *("ExpiredToken", "ExpiredTokenException", "InvalidAccessKeyId", "AuthFailure"),
            *("InvalidSignatureException", "MissingAuthenticationToken", "IncompleteSignature"),
            *("NoCredentialsError", "PartialCredentialsError", "CredentialRetrievalError"),
            *("TokenRetrievalError", "UnauthorizedSSOTokenError", "ProfileNotFound"),
            "NotAuthorized",
        ),
        GapReason.CREDENTIALS,
    ),
    **dict.fromkeys(
        (
            *("AccessDenied", "AccessDeniedException", "UnauthorizedOperation"),
            *("UnauthorizedException", "ForbiddenException", "Forbidden", "OptInRequired"),
            *("AllAccessDisabled", "InsufficientPrivilegesException", "403"),
            *("AWSOrganizationsNotInUseException", "SubscriptionRequiredException"),
        ),
        GapReason.REFUSED,
    ),
    **dict.fromkeys(
        (
            *("Throttling", "ThrottlingException", "ThrottledException", "TooManyRequests"),
            *("TooManyRequestsException", "RequestLimitExceeded", "RequestThrottled", "SlowDown"),
            *("RequestThrottledException", "BandwidthLimitExceeded", "PriorRequestNotComplete"),
            *("ProvisionedThroughputExceededException", "TransactionInProgressException"),
        ),
        GapReason.THROTTLED,
    ),
    **dict.fromkeys(
        (
            *("EndpointConnectionError", "ConnectTimeoutError", "ReadTimeoutError"),
            *(
                "ConnectionClosedError",
                "ConnectionError",
                "HTTPClientError",
                "ProxyConnectionError",
            ),
            *("SSLError", "ResponseStreamingError", "IncompleteReadError"),
        ),
        GapReason.UNREACHABLE,
    ),
    **dict.fromkeys(
        ("NoSuchBucket", "NoSuchEntity", "InvalidRegionError", "UnknownEndpoint", "404"),
        GapReason.NOT_FOUND,
    ),
    **dict.fromkeys(
        ("UnknownOperationException", "UnknownOperation", "UnsupportedOperation", "501"),
        GapReason.UNSUPPORTED,
    ),
    # The last three are what botocore lets through of an answer that is not as its model says.
    **dict.fromkeys(
        ("ResponseParserError", "Malformed", "ValueError", "TypeError", "AttributeError"),
        GapReason.MALFORMED,
    ),
}


_NO_KEYS = phrase(
    "no AWS credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or give"
    " the machine a role"
)


# What RDS, EC2 and others say of a parameter: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/CommonErrors.html
_QUERY = frozenset({"InvalidParameterValue", "InvalidParameterCombination", "ValidationError"})


class QueryError(SourceError):
    """The service does not take the question as it was put."""


class NotOfferedError(SourceError):
    """The service does not exist in the region, so nothing of it can be there."""

    def __init__(self, service: str, region: str) -> None:
        """``service`` as its API is called."""
        detail = phrase(
            "{service} is not offered in {region}: it has no address there",
            service=service,
            region=region,
        )
        super().__init__(GapReason.UNSUPPORTED, detail)


def reason_of(error: AwsError) -> GapReason:
    """Return why a call failed; what is not known is a fault of the provider."""
    return _REASONS.get(error.code, GapReason.PROVIDER_ERROR)


def of_copies(region: str, error: SourceError) -> SourceError:
    """Return ``error`` as one that hides the copies in ``region``."""
    detail = phrase("copies in {region}: {why}", region=region, why=error.detail)
    return SourceError(error.reason, detail)


def source_error(error: AwsError, service: str, operation: str) -> SourceError:
    """Return ``error`` as a part that could not be collected."""
    if error.code == "NoCredentialsError":
        return SourceError(GapReason.CREDENTIALS, _NO_KEYS)
    detail = phrase(
        "{service}:{operation}: {code}", service=service, operation=operation, code=error.code
    )
    kind = QueryError if error.code in _QUERY else SourceError
    return kind(reason_of(error), detail)
