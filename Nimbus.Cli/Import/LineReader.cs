using System.Text;

namespace Nimbus.Cli.Import;

/// <summary>Reads lines that end in LF or CRLF, none of them longer than memory can hold.</summary>
internal sealed class LineReader(TextReader text, int longest)
{
    private readonly char[] _buffer = new char[64 << 10];
    private readonly StringBuilder _line = new();
    private int _start;
    private int _end;

    /// <summary>The number of the line last read, from 1.</summary>
    public long Number { get; private set; }

    /// <summary>The next line without its end; null at the end of the file.</summary>
    /// <exception cref="CliException">The line is too long.</exception>
    public string? Read()
    {
        _line.Clear();
        var any = false;
        while (_start < _end || Fill())
        {
            any = true;
            var rest = _buffer.AsSpan(_start, _end - _start);
            var end = rest.IndexOf('\n');
            _line.Append(end < 0 ? rest : rest[..end]);
            _start += end < 0 ? rest.Length : end + 1;
            if (_line.Length > longest)
                throw new CliException($"line {Number + 1} runs on without end; the file must have one event a line.");
            if (end >= 0)
                break;
        }
        if (!any)
            return null;
        Number++;
        if (_line.Length > 0 && _line[^1] == '\r')
            _line.Length--;
        return _line.ToString();
    }

    private bool Fill()
    {
        _start = 0;
        _end = text.Read(_buffer);
        return _end > 0;
    }
}
