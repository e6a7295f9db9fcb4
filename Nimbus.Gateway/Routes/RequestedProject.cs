using System.Buffers.Text;
using System.Text.Json;

namespace Nimbus.Gateway.Routes;

/// <summary>The project that a request to a query service is about: in its query, in its path, in its link, or in its document.</summary>
internal static class RequestedProject
{
    private const string LinkPrefix = "nbl_";
    private const int LinkBytes = 48;

    // As much as the query service takes for a document.
    private const int MaxDocumentBytes = 256 * 1024;

    private static readonly object InDocument = new();

    /// <summary>
    /// Reads documents before they are sent on, where there are several query services to choose from. The way back to their
    /// beginning is kept in memory.
    /// </summary>
    public static void UseRequestedProject(this WebApplication app)
    {
        if (app.Configuration.GetSection("ReverseProxy:Clusters:query:Destinations").GetChildren().Count() < 2)
            return;
        app.Use(async (context, next) =>
        {
            if (MayHaveDocument(context, app.Configuration))
                context.Items[InDocument] = await ReadAsync(context.Request, context.RequestAborted);
            await next(context);
        });
    }

    /// <summary>Null where it says none, or what is none.</summary>
    public static Guid? Of(HttpContext context)
    {
        if (Guid.TryParse(context.Request.Query["project_id"], out var asked))
            return asked;
        if (context.Items.TryGetValue(InDocument, out var read) && read is Guid written)
            return written;
        return context.Request.Path.Value!.Split('/') is [_, "ws", "projects", var watched, ..] && Guid.TryParse(watched, out var project) ? project
            : context.Request.Path.Value!.Split('/') is [_, "v1", "shared", _, var link, ..] ? OfLink(link)
            : null;
    }

    private static bool MayHaveDocument(HttpContext context, IConfiguration configuration) =>
        context.Request.HasJsonContentType() && !context.Request.Query.ContainsKey("project_id")
        && context.GetEndpoint()?.DisplayName is { } route && configuration[$"ReverseProxy:Routes:{route}:ClusterId"] == "query";

    private static async Task<Guid?> ReadAsync(HttpRequest request, CancellationToken ct)
    {
        request.EnableBuffering(MaxDocumentBytes);
        var document = new byte[Math.Clamp(request.ContentLength ?? 4096, 1, MaxDocumentBytes)];
        var length = 0;
        while (length < MaxDocumentBytes)
        {
            if (length == document.Length)
                Array.Resize(ref document, Math.Min(document.Length * 2, MaxDocumentBytes));
            var read = await request.Body.ReadAsync(document.AsMemory(length), ct);
            if (read == 0)
                break;
            length += read;
        }
        request.Body.Position = 0;
        return InJson(document.AsSpan(0, length));
    }

    /// <summary>The member <c>project_id</c> of the outermost object. What is wrong with the rest, the service says.</summary>
    internal static Guid? InJson(ReadOnlySpan<byte> json)
    {
        try
        {
            var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 256 });
            while (reader.Read())
            {
                if (reader.CurrentDepth != 1 || reader.TokenType != JsonTokenType.PropertyName || !reader.ValueTextEquals("project_id"u8))
                    continue;
                return reader.Read() && reader.TokenType == JsonTokenType.String && reader.TryGetGuid(out var project) ? project : null;
            }
        }
        catch (JsonException)
        {
            // The service refuses it.
        }
        return null;
    }

    /// <summary>The token of a link begins with its project.</summary>
    internal static Guid? OfLink(string token)
    {
        Span<byte> bytes = stackalloc byte[LinkBytes];
        var text = token.StartsWith(LinkPrefix, StringComparison.Ordinal) ? token.AsSpan(LinkPrefix.Length) : default;
        return text.Length == Base64Url.GetEncodedLength(LinkBytes) && Base64Url.IsValid(text)
            && Base64Url.TryDecodeFromChars(text, bytes, out var length) && length == LinkBytes
            ? new Guid(bytes[..16], bigEndian: true) : null;
    }
}
