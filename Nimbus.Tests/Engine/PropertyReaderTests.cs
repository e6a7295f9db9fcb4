using System.Text;
using Nimbus.Events;
using Nimbus.QueryService.Engine;

namespace Nimbus.Tests.Engine;

/// <summary>How the properties of an event become columns.</summary>
public sealed class PropertyReaderTests
{
    private readonly ColumnSet _columns = new();
    private readonly RowBuffer _rows = new();

    [Fact]
    public void The_members_of_an_object_in_the_context_are_columns_of_their_own()
    {
        Read("""{"ip":null,"os":{},"page":{"url":"x","tags":["a"]},"traffic":{"bot":true,"device":{"kind":"tablet"}}}""", PropertySource.Context);

        Assert.Equal("\"x\"", Value("page.url"));
        Assert.Equal("[\"a\"]", Value("page.tags"));
        Assert.Equal("true", Value("traffic.bot"));
        Assert.Equal("\"tablet\"", Value("traffic.device.kind"));
        Assert.Equal("""{"url":"x","tags":["a"]}""", Value("page"));
        Assert.Equal("{}", Value("os"));
        Assert.Null(Value("ip"));
    }

    [Fact]
    public void A_key_that_has_a_dot_itself_comes_before_a_member()
    {
        Read("""{"page":{"url":"inner"},"page.url":"own"}""", PropertySource.Context);
        Assert.Equal("\"own\"", Value("page.url"));
    }

    [Fact]
    public void Objects_are_looked_into_four_deep()
    {
        Read("""{"a":{"b":{"c":{"d":{"e":1}}}}}""", PropertySource.Context);
        Assert.Equal("""{"e":1}""", Value("a.b.c.d"));
        Assert.Null(Value("a.b.c.d.e"));
    }

    [Fact]
    public void A_property_is_one_value_whatever_it_holds()
    {
        Read("""{"cart":{"total":3}}""", PropertySource.Props);
        Assert.Equal(1, _columns.Count);
    }

    private void Read(string json, PropertySource source)
    {
        _rows.Add(ms: 0, name: 0, person: -1, EventFlags.Of(EventType.Track, false), seq: null);
        new PropertyReader(_columns).Read(Encoding.UTF8.GetBytes(json), source, _rows);
    }

    private string? Value(string key)
    {
        var block = Assert.Single(_rows.ToBlocks());
        if (!_columns.View().Ids.TryGetValue(new PropertyKey(PropertySource.Context, key), out var id))
            return null;
        int[]? scratch = null;
        var code = block.Codes(id, values: null, ref scratch)[0];
        return code == 0 ? null : _columns[id].Values[code].Json;
    }
}
