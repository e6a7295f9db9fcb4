namespace Nimbus.ServiceDefaults;

/// <summary>Why a token does not count.</summary>
internal enum JwtRefusal
{
    /// <summary>No well-formed token, or one that asks for something that is not done here.</summary>
    Malformed,

    /// <summary>Of an issuer that is not trusted.</summary>
    UnknownIssuer,

    /// <summary>No key of the issuer made this signature by its algorithm.</summary>
    BadSignature,

    /// <summary>For somebody else.</summary>
    WrongAudience,

    /// <summary>Its time is over.</summary>
    Expired,

    /// <summary>Its time has not come.</summary>
    NotYetValid,
}
