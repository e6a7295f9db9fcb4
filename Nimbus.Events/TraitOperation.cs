namespace Nimbus.Events;

/// <summary>How a write changes a trait; the column <c>trait_writes.op</c>. Those of one event apply in this order.</summary>
public enum TraitOperation : short
{
    /// <summary>The trait has this value from then on.</summary>
    Set = 1,

    /// <summary>It has this value if it has none yet.</summary>
    SetOnce = 2,

    /// <summary>The number is added; no trait counts as 0.</summary>
    Add = 3,

    /// <summary>The value is put at the end of the list.</summary>
    Append = 4,

    /// <summary>Those values of the list that are not in it are put at its end.</summary>
    Union = 5,

    /// <summary>The value is taken out of the list, wherever it is in it.</summary>
    Remove = 6,

    /// <summary>There is no such trait from then on.</summary>
    Unset = 7,

    /// <summary>There is no trait at all from then on; has no name.</summary>
    Delete = 8,
}
