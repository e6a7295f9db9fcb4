namespace Nimbus.QueryService.Engine;

/// <summary>
/// Walks the members of a JSON object that PostgreSQL wrote, which is well-formed. A tenth of the work of a reader that has to
/// check that.
/// </summary>
internal ref struct JsonMembers(ReadOnlySpan<byte> json)
{
    private readonly ReadOnlySpan<byte> _json = json;
    private int _at = 1;

    /// <summary>The key with its quotes.</summary>
    public ReadOnlySpan<byte> Key { get; private set; }

    public ReadOnlySpan<byte> Value { get; private set; }

    public bool Next()
    {
        SkipTo();
        if (_at >= _json.Length || _json[_at] == '}')
            return false;
        var start = _at;
        SkipString();
        Key = _json[start.._at];
        SkipTo();
        start = _at;
        SkipValue();
        Value = _json[start.._at];
        return true;
    }

    private void SkipTo()
    {
        while (_at < _json.Length && _json[_at] is (byte)' ' or (byte)',' or (byte)':')
            _at++;
    }

    private void SkipString()
    {
        _at++;
        while (true)
        {
            _at += _json[_at..].IndexOfAny((byte)'"', (byte)'\\');
            if (_json[_at++] == '"')
                return;
            _at++;
        }
    }

    private void SkipValue()
    {
        switch (_json[_at])
        {
            case (byte)'"':
                SkipString();
                break;
            case (byte)'{' or (byte)'[':
                SkipNested();
                break;
            default:
                var length = _json[_at..].IndexOfAny(",} "u8);
                _at = length < 0 ? _json.Length : _at + length;
                break;
        }
    }

    private void SkipNested()
    {
        var depth = 0;
        do
        {
            _at += _json[_at..].IndexOfAny("\"{}[]"u8);
            switch (_json[_at])
            {
                case (byte)'"':
                    SkipString();
                    break;
                case (byte)'{' or (byte)'[':
                    depth++;
                    _at++;
                    break;
                default:
                    depth--;
                    _at++;
                    break;
            }
        }
        while (depth > 0);
    }
}
