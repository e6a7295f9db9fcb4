using System.Buffers.Text;
using System.Text;

namespace Nimbus.IdentityService.Requests;

/// <summary>Which part of a list is asked for, and where a part ends.</summary>
public static class Paging
{
    public const int DefaultLimit = 50;
    public const int MaxLimit = 1000;

    // Ours are shorter by far.
    private const int MaxCursorLength = 200;

    /// <param name="limit">1 to <see cref="MaxLimit"/>.</param>
    /// <param name="cursor">As a list gave it.</param>
    /// <param name="parse">Reads what the list wrote into its cursor; null for what it never writes.</param>
    /// <param name="errors">Takes what is wrong, as <c>limit</c> and <c>cursor</c>.</param>
    public static Paging<TPosition> Read<TPosition>(
        int? limit, string? cursor, Func<string, TPosition?> parse, FieldErrors errors) where TPosition : struct
    {
        if (limit is < 1 or > MaxLimit)
            errors.Add("limit", $"must be 1 to {MaxLimit}");
        var after = string.IsNullOrEmpty(cursor) || Decode(cursor) is not { } text ? null : parse(text);
        if (!string.IsNullOrEmpty(cursor) && after is null)
            errors.Add("cursor", "is not one that this list gave");
        return new Paging<TPosition>(limit ?? DefaultLimit, after);
    }

    internal static string Encode(string position) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(position));

    private static string? Decode(string cursor) =>
        cursor.Length <= MaxCursorLength && Base64Url.IsValid(cursor)
            ? Encoding.UTF8.GetString(Base64Url.DecodeFromChars(cursor))
            : null;
}

/// <param name="Limit">How many at most.</param>
/// <param name="After">The last one that the caller has; null for the beginning.</param>
public readonly record struct Paging<TPosition>(int Limit, TPosition? After) where TPosition : struct
{
    /// <summary>One page of <paramref name="rows"/>, which were read to one more than the limit to see whether there are more.</summary>
    public (IReadOnlyList<T> Page, string? NextCursor) Cut<T>(IReadOnlyList<T> rows, Func<T, string> position)
    {
        if (rows.Count <= Limit)
            return (rows, null);
        var page = rows.Take(Limit).ToList();
        return (page, Paging.Encode(position(page[^1])));
    }
}
