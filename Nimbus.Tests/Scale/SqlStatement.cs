using System.Text.RegularExpressions;

namespace Nimbus.Tests.Scale;

/// <summary>As much of a statement as it takes to say whether it is about given projects: its queries, their tables, and what project_id is compared with.</summary>
internal sealed partial class SqlStatement
{
    private static readonly HashSet<string> BeforeTable = ["from", "join", "into", "update", "only", "copy"];
    private static readonly HashSet<string> NoAlias =
        ["where", "join", "left", "right", "inner", "cross", "full", "on", "using", "set", "order", "group", "limit", "values", "select", "returning",
         "union", "natural", "for", "from", "offset", "fetch", "having", "default", "default_values"];
    private static readonly HashSet<string> Utilities =
        ["begin", "commit", "rollback", "savepoint", "release", "set", "show", "reset", "discard", "vacuum", "analyze", "checkpoint", "create",
         "alter", "drop", "truncate", "lock", "deallocate", "close", "listen", "unlisten", "do"];

    private readonly HashSet<string> _distributed;
    private readonly List<string> _faults = [];

    private SqlStatement(HashSet<string> distributed) => _distributed = distributed;

    /// <summary>
    /// What is wrong with it, table by table; empty where each distributed table is joined by project_id to a given project, or to
    /// rows that were given with theirs. DDL and commands of the session are not looked at.
    /// </summary>
    public static IReadOnlyList<string> FaultsOf(string sql, HashSet<string> distributed)
    {
        var tokens = Token().Matches(Comment().Replace(sql, " ")).Select(match => match.Value.ToLowerInvariant()).ToList();
        var faults = new List<string>();
        foreach (var statement in Split(tokens))
        {
            if (statement.Count == 0 || Utilities.Contains(statement[0]))
                continue;
            var read = new SqlStatement(distributed);
            read.Read(statement, outer: new HashSet<string>());
            faults.AddRange(read._faults);
        }
        return faults;
    }

    /// <summary>Whether it names a distributed table at all.</summary>
    public static bool Names(string sql, HashSet<string> distributed) =>
        Token().Matches(Comment().Replace(sql, " ")).Any(match => distributed.Contains(match.Value.ToLowerInvariant()));

    /// <summary>The same statement however it is written: without comments, parameters and constants.</summary>
    public static string Normalize(string sql) =>
        string.Join(' ', Token().Matches(Comment().Replace(sql, " ")).Select(match => match.Value.ToLowerInvariant())
            .Select(token => token[0] is '@' or '$' or '\'' || char.IsAsciiDigit(token[0]) || token is "true" or "false" or "null" ? "?" : token)).TrimEnd(' ', ';');

    private static IEnumerable<List<string>> Split(List<string> tokens)
    {
        var statement = new List<string>();
        foreach (var token in tokens)
        {
            if (token != ";")
            {
                statement.Add(token);
                continue;
            }
            yield return statement;
            statement = [];
        }
        yield return statement;
    }

    /// <summary>Reads one query. What stands in parentheses belongs to it, unless that is a query itself.</summary>
    /// <param name="outer">Aliases of the queries around it: their rows are given.</param>
    private void Read(List<string> tokens, IReadOnlySet<string> outer)
    {
        var own = new List<string>();
        var inner = new List<List<string>>();
        for (var i = 0; i < tokens.Count; i++)
        {
            if (tokens[i] == "(" && i + 1 < tokens.Count && tokens[i + 1] is "select" or "insert" or "update" or "delete" or "with")
            {
                var end = Close(tokens, i);
                inner.Add(tokens[(i + 1)..end]);
                own.Add("(query)");
                i = end;
                continue;
            }
            own.Add(tokens[i]);
        }
        // The queries of a WITH come before the one they belong to, and are each complete; a UNION's parts are each one.
        foreach (var part in Parts(own))
            Check(part, outer);
        var aliases = new HashSet<string>(outer);
        foreach (var (_, alias) in Tables(own).Where(table => _distributed.Contains(table.Name)))
            aliases.Add(alias);
        foreach (var query in inner)
            Read(query, aliases);
    }

    private static IEnumerable<List<string>> Parts(List<string> tokens)
    {
        var part = new List<string>();
        foreach (var token in tokens)
        {
            if (token is "union" or "except" or "intersect")
            {
                yield return part;
                part = [];
                continue;
            }
            part.Add(token);
        }
        yield return part;
    }

    private void Check(List<string> tokens, IReadOnlySet<string> outer)
    {
        var tables = Tables(tokens).Where(table => _distributed.Contains(table.Name)).ToList();
        if (tables.Count == 0)
            return;
        var at = tokens.FindIndex(token => token is "into" or "copy");
        if (at >= 0 && at + 1 < tokens.Count && tokens[at + 1] is var written && _distributed.Contains(written))
        {
            var columns = at + 2 < tokens.Count && tokens[at + 2] == "as" ? at + 4 : at + 2;
            if (!(columns < tokens.Count && tokens[columns] == "(" && tokens[columns..Close(tokens, columns)].Contains("project_id")))
                _faults.Add($"{written} is written without project_id");
            tables.RemoveAt(tables.FindIndex(table => table.Name == written));
        }
        // An alias is anchored by a comparison with what is given, and anchors those it is compared with.
        var anchored = new HashSet<string>();
        var joins = new List<(string One, string Other)>();
        foreach (var (left, right) in Comparisons(tokens))
        {
            var (one, other) = (Resolve(left, tables), Resolve(right, tables));
            if (one is not null && other is not null)
                joins.Add((one, other));
            else if ((one ?? other) is { } alias && IsGiven(one is null ? left : right, outer))
                anchored.Add(alias);
        }
        for (var before = -1; before != anchored.Count;)
        {
            before = anchored.Count;
            foreach (var (one, other) in joins)
            {
                if (anchored.Contains(one) || anchored.Contains(other))
                    anchored.UnionWith([one, other]);
            }
        }
        // USING compares with the one table that stands before it.
        if (tokens.Contains("using") && tokens.Contains("project_id"))
            anchored.UnionWith(tables.Select(table => table.Alias));
        _faults.AddRange(tables.Where(table => !anchored.Contains(table.Alias)).Select(table => $"{table.Name} {table.Alias} is read whole"));
    }

    /// <summary>What a side of a comparison belongs to: an alias of this query, or null.</summary>
    private static string? Resolve(string side, List<(string Name, string Alias)> tables) =>
        side == "project_id" ? tables.Count == 1 ? tables[0].Alias : null
        : side.EndsWith(".project_id", StringComparison.Ordinal) && tables.Any(table => table.Alias == side[..^11]) ? side[..^11]
        : null;

    /// <summary>A parameter, or the column of something that is no distributed table of this query.</summary>
    private static bool IsGiven(string side, IReadOnlySet<string> outer) =>
        side[0] is '@' or '$' or '\'' || side is "any" || side.EndsWith(".project_id", StringComparison.Ordinal) || outer.Contains(side);

    private static IEnumerable<(string Left, string Right)> Comparisons(List<string> tokens)
    {
        for (var i = 1; i + 1 < tokens.Count; i++)
        {
            if (tokens[i] is not ("=" or "in"))
                continue;
            var (left, right) = (tokens[i - 1], tokens[i + 1]);
            if (left == "project_id" || left.EndsWith(".project_id", StringComparison.Ordinal) || right == "project_id" || right.EndsWith(".project_id", StringComparison.Ordinal))
                yield return (left, right);
        }
    }

    private List<(string Name, string Alias)> Tables(List<string> tokens)
    {
        var tables = new List<(string, string)>();
        var inFrom = false;
        for (var i = 0; i < tokens.Count; i++)
        {
            var isTable = i > 0 && (BeforeTable.Contains(tokens[i - 1]) || inFrom && tokens[i - 1] == ",");
            inFrom = tokens[i] == "from" || inFrom && tokens[i] is not ("where" or "group" or "order" or "select" or "limit" or "returning" or "set");
            if (!isTable || !_distributed.Contains(tokens[i]))
                continue;
            var next = i + 1 < tokens.Count ? tokens[i + 1] : "";
            var alias = next == "as" ? tokens[i + 2] : Word().IsMatch(next) && !NoAlias.Contains(next) ? next : tokens[i];
            tables.Add((tokens[i], alias));
        }
        return tables;
    }

    private static int Close(List<string> tokens, int open)
    {
        var depth = 0;
        for (var i = open; i < tokens.Count; i++)
        {
            depth += tokens[i] == "(" ? 1 : tokens[i] == ")" ? -1 : 0;
            if (depth == 0)
                return i;
        }
        return tokens.Count;
    }

    [GeneratedRegex(@"--[^\n]*|/\*.*?\*/", RegexOptions.Singleline)]
    private static partial Regex Comment();

    [GeneratedRegex("""'(?:[^']|'')*'|[@$]\w+|"?[A-Za-z_]\w*"?(?:\."?[A-Za-z_]\w*"?)*|\d+(?:\.\d+)?|\S""")]
    private static partial Regex Token();

    [GeneratedRegex(@"^[a-z_]\w*$")]
    private static partial Regex Word();
}
