using Microsoft.AspNetCore.Http;

namespace Nimbus.ServiceDefaults;

/// <summary>Code and sentence of the answers that only have a status: routing, authorization and the server make them.</summary>
internal static class StatusProblems
{
    public static (string Code, string Detail) Of(int status) => status switch
    {
        StatusCodes.Status400BadRequest => ("bad_request", "The request cannot be read."),
        StatusCodes.Status401Unauthorized => ("unauthorized", "The request carries no valid token."),
        StatusCodes.Status403Forbidden => ("forbidden", "The token does not allow this."),
        StatusCodes.Status404NotFound => ("not_found", "There is nothing at this address."),
        StatusCodes.Status405MethodNotAllowed => ("method_not_allowed", "This address does not answer this method."),
        StatusCodes.Status408RequestTimeout => ("request_timeout", "The request took too long to arrive."),
        StatusCodes.Status413PayloadTooLarge => ("too_large", "The request's body is too large."),
        StatusCodes.Status414UriTooLong => ("uri_too_long", "The request's address is too long."),
        StatusCodes.Status415UnsupportedMediaType => ("unsupported_media_type", "The request's body is of a type that is not read here."),
        StatusCodes.Status429TooManyRequests => ("rate_limited", "There were too many requests."),
        StatusCodes.Status431RequestHeaderFieldsTooLarge => ("headers_too_large", "The request's headers are too large."),
        StatusCodes.Status500InternalServerError => ("internal_error", "Something went wrong here. The trace id finds it in the logs."),
        StatusCodes.Status502BadGateway => ("bad_gateway", "A service behind this one gave no valid answer."),
        StatusCodes.Status503ServiceUnavailable => ("unavailable", "The service cannot answer right now."),
        StatusCodes.Status504GatewayTimeout => ("gateway_timeout", "A service behind this one did not answer in time."),
        >= 500 => ("internal_error", "Something went wrong here. The trace id finds it in the logs."),
        _ => ("request_failed", "The request cannot be served."),
    };
}
