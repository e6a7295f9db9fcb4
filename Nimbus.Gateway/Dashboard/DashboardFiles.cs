using System.Security.Cryptography;

namespace Nimbus.Gateway.Dashboard;

/// <summary>What the build of Nimbus.Web left beside this program; nothing, where it was built without Node.</summary>
internal sealed class DashboardFiles
{
    /// <summary>Stands in index.html where the nonce of an answer goes.</summary>
    private const string NoncePlace = "{{nonce}}";

    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "dashboard");
    private static readonly string Missing = ReadMissingPage();

    // Of two encodings the smaller one first.
    private static readonly (string Encoding, string Extension)[] Compressed = [("br", ".br"), ("gzip", ".gz")];

    public static bool AreThere => File.Exists(Path.Combine(Folder, "index.html"));

    /// <summary>The one page, its styles bound to a nonce of this answer, and the policy that says so.</summary>
    public static async Task<(string Html, string Policy)> PageAsync(CancellationToken ct)
    {
        var index = Path.Combine(Folder, "index.html");
        var nonce = Convert.ToBase64String(RandomNumberGenerator.GetBytes(16));
        var html = File.Exists(index) ? await File.ReadAllTextAsync(index, ct) : Missing;
        return (html.Replace(NoncePlace, nonce, StringComparison.Ordinal), PolicyOf(nonce));
    }

    /// <summary>A file by its hashed name, as small as the caller takes it; null where there is none of that name.</summary>
    public static (string Path, string? Encoding)? Asset(string name, string acceptEncoding)
    {
        var file = Path.Combine(Folder, "assets", name);
        if (!IsPlain(name) || !File.Exists(file))
            return null;
        foreach (var (encoding, extension) in Compressed)
        {
            if (acceptEncoding.Contains(encoding, StringComparison.OrdinalIgnoreCase) && File.Exists(file + extension))
                return (file + extension, encoding);
        }
        return (file, null);
    }

    /// <summary>No folder, no name that a file system would read otherwise than it is written.</summary>
    private static bool IsPlain(string name) =>
        name.Length is > 0 and <= 200 && name[0] != '.'
        && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_');

    // Scripts from files alone, so that text which gets into the page cannot run. Styles of the component library come in
    // elements that carry the nonce.
    private static string PolicyOf(string nonce) =>
        $"default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data: blob:; font-src 'self'; "
        + "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

    private static string ReadMissingPage()
    {
        using var page = typeof(DashboardFiles).Assembly.GetManifestResourceStream("dashboard-missing.html")!;
        using var reader = new StreamReader(page);
        return reader.ReadToEnd();
    }
}
