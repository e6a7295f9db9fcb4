namespace Nimbus.QueryService.Engine;

/// <summary>
/// Columns whose values are of the events' people and hold as of the query: traits, and who is in which cohort. They are read
/// like columns of events, so that every filter and every group_by can have them.
/// </summary>
internal sealed class PersonColumns
{
    private readonly Dictionary<PropertyKey, PropertyColumn> _columns = [];

    public bool Has(PropertyKey key) => _columns.ContainsKey(key);

    /// <summary>Null where nobody has a value.</summary>
    public PropertyColumn? Find(PropertyKey key) => _columns.GetValueOrDefault(key);

    // Numbers below those of the columns of events, since a view tells them apart by number.
    public void Add(PropertyKey key, PersonCodes codes) =>
        _columns.TryAdd(key, new PropertyColumn(-1 - _columns.Count, key, codes));
}

/// <summary>A value of each id of a project, as codes.</summary>
/// <param name="byDense">By dense number; ids after its end have <paramref name="ofNobody"/>.</param>
/// <param name="ofNobody">The code of events that are nobody's.</param>
internal sealed class PersonCodes(ValueDictionary values, int[] byDense, int ofNobody)
{
    public ValueDictionary Values => values;

    public int OfNobody => ofNobody;

    public ReadOnlySpan<int> ByDense => byDense;

    /// <summary>The code of one id.</summary>
    public int Of(int dense) => (uint)dense < (uint)byDense.Length ? byDense[dense] : ofNobody;

    /// <summary>The codes of the people of events.</summary>
    public ReadOnlySpan<int> Of(ReadOnlySpan<int> persons, scoped ref int[]? scratch)
    {
        if (scratch is null || scratch.Length < persons.Length)
            scratch = new int[persons.Length];
        for (var i = 0; i < persons.Length; i++)
            scratch[i] = Of(persons[i]);
        return scratch.AsSpan(0, persons.Length);
    }
}
