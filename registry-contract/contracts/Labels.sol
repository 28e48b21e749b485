// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title How a label of the DNS is spelled.
/// @author The INXT authors
/// @notice Letters, digits, hyphen (RFC 1123 section 2.1), lower case only, so that one name has one spelling;
/// whether an A-label (`xn--…`) decodes is for the client to check.
library Labels {
    /// @notice Longest label of the DNS (RFC 1035 section 2.3.4), in bytes.
    uint256 internal constant LENGTH_MAX = 63;

    /// @dev One bit for each of "-", 0-9 and a-z, at its code.
    uint256 private constant _ALLOWED = (1 << 0x2d) | (0x3ff << 0x30) | (0x3ffffff << 0x61);

    /// @notice The label is empty or longer than 63 bytes.
    /// @param length Its length in bytes
    error LabelLengthInvalid(uint256 length);

    /// @notice Only a-z, 0-9 and "-" may appear, and "-" neither first nor last.
    /// @param position Of the first character that may not stand there
    /// @param character What stands there
    error LabelCharacterInvalid(uint256 position, bytes1 character);

    /// @notice Reverts unless the label is well-formed.
    /// @param label The label
    function requireValid(bytes calldata label) internal pure {
        uint256 length = label.length;
        if (length == 0 || length > LENGTH_MAX) revert LabelLengthInvalid(length);
        for (uint256 i = 0; i < length; ++i) {
            if ((_ALLOWED >> uint8(label[i])) & 1 == 0) revert LabelCharacterInvalid(i, label[i]);
        }
        if (label[0] == "-") revert LabelCharacterInvalid(0, "-");
        if (label[length - 1] == "-") revert LabelCharacterInvalid(length - 1, "-");
    }
}
