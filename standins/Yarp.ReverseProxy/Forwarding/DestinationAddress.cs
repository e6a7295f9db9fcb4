using System.Buffers;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Yarp.ReverseProxy.Forwarding;

/// <summary>The address of a request at its destination: the path that was routed, encoded anew.</summary>
internal static class DestinationAddress
{
    private static readonly SearchValues<char> PathCharacters =
        SearchValues.Create("!$&'()*+,-./0123456789:;=@ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz~");

    public static Uri Of(string prefix, HttpRequest request)
    {
        var path = request.Path.Value ?? "";
        if (path.Length > 0)
            prefix = prefix.EndsWith('/') ? prefix[..^1] : prefix;
        return new Uri(prefix + Encode(path) + request.QueryString.ToUriComponent());
    }

    private static string Encode(string path)
    {
        if (!path.AsSpan().ContainsAnyExcept(PathCharacters))
            return path;
        var encoded = new StringBuilder(path.Length + 16);
        foreach (var rune in path.EnumerateRunes())
        {
            var plain = rune.IsAscii && PathCharacters.Contains((char)rune.Value);
            encoded.Append(plain ? rune.ToString() : Uri.EscapeDataString(rune.ToString()));
        }
        return encoded.ToString();
    }
}
