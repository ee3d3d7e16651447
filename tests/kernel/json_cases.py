# ruff: noqa: RUF001  # look-alike letters are the point
"""
Bodies that a JSON endpoint must refuse, each by name: the table that every POST meets.

`REFUSED` are refused by the parser itself; `ODD` are JSON, but no endpoint's shape.
"""

from dataclasses import dataclass

JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Case:
    """One body as it is sent; `encoding` is the Content-Encoding header."""

    body: bytes
    content_type: str = JSON
    encoding: str = ""


def _nested(opening: bytes, closing: bytes, depth: int, core: bytes = b"1") -> bytes:
    return opening * depth + core + closing * depth


_SYNTAX = {
    "only_white_space": b" \n\t ",
    "a_word": b"hello",
    "a_single_quote": b"'",
    "single_quoted_string": b"{'a': 1}",
    "unquoted_key": b"{a: 1}",
    "unclosed_object": b'{"a": 1',
    "unclosed_array": b"[1, 2",
    "unclosed_string": b'{"a": "b',
    "unclosed_key": b'{"a',
    "unopened_object": b"}",
    "unopened_array": b"]",
    "crossed_brackets": b'{"a": [1}]',
    "object_closed_as_array": b'{"a": 1]',
    "array_closed_as_object": b"[1}",
    "trailing_comma_in_object": b'{"a": 1,}',
    "trailing_comma_in_array": b"[1,]",
    "leading_comma_in_object": b'{,"a": 1}',
    "leading_comma_in_array": b"[,1]",
    "double_comma": b"[1,,2]",
    "only_a_comma": b",",
    "only_a_colon": b":",
    "missing_colon": b'{"a" 1}',
    "double_colon": b'{"a":: 1}',
    "colon_in_array": b'["a": 1]',
    "missing_value": b'{"a":}',
    "missing_key": b"{: 1}",
    "number_as_key": b"{1: 1}",
    "null_as_key": b"{null: 1}",
    "array_as_key": b"{[]: 1}",
    "two_documents": b"{}{}",
    "two_documents_by_line": b"{}\n{}",
    "document_then_word": b'{"a": 1} x',
    "document_then_nul": b'{"a": 1}\x00',
    "nul_then_document": b'\x00{"a": 1}',
    "nul_between_tokens": b'{"a":\x00 1}',
    "line_comment": b'{"a": 1} // why',
    "block_comment": b'{"a": /* why */ 1}',
    "hash_comment": b'{"a": 1} # why',
    "vertical_tab_as_space": b'{"a":\x0b1}',
    "form_feed_as_space": b'{"a":\x0c1}',
    "no_break_space": '{"a":\u00a01}'.encode(),
    "ideographic_space": '{"a":\u30001}'.encode(),
    "line_separator_as_space": '{"a":\u20281}'.encode(),
    "byte_order_mark": b'\xef\xbb\xbf{"a": 1}',
    "byte_order_mark_inside": '{"a":\ufeff1}'.encode(),
    "template_literal": b'{"a": `b`}',
    "curly_quotes": "{“a”: 1}".encode(),
    "anti_hijack_prefix": b')]}\',\n{"a": 1}',
    "form_encoded": b"a=1&b=2",
    "xml": b"<a>1</a>",
    "yaml": b"a: 1\nb: 2",
    "multipart_text": b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--x--',
    "pickle": b"\x80\x04\x95\x0b\x00\x00\x00\x00\x00\x00\x00}\x94.",
    "gzip_without_saying_so": b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03",
    "html": b"<!doctype html><script>alert(1)</script>",
    "json_lines_array": b"[1]\n[2]",
    "ellipsis": b"[...]",
    "capital_true": b'{"a": True}',
    "capital_null": b'{"a": None}',
    "upper_case_null": b'{"a": NULL}',
    "undefined": b'{"a": undefined}',
    "cut_true": b'{"a": tru}',
    "cut_null": b'{"a": nul}',
    "joined_literals": b'{"a": truefalse}',
}

_NUMBERS = {
    "not_a_number": b'{"a": NaN}',
    "minus_not_a_number": b'{"a": -NaN}',
    "infinity": b'{"a": Infinity}',
    "minus_infinity": b'{"a": -Infinity}',
    "short_infinity": b'{"a": inf}',
    "leading_zero": b'{"a": 01}',
    "leading_zeros": b'{"a": 000}',
    "minus_leading_zero": b'{"a": -01}',
    "leading_plus": b'{"a": +1}',
    "only_minus": b'{"a": -}',
    "double_minus": b'{"a": --1}',
    "minus_space": b'{"a": - 1}',
    "leading_point": b'{"a": .5}',
    "trailing_point": b'{"a": 1.}',
    "point_and_exponent": b'{"a": 1.e5}',
    "two_points": b'{"a": 1.2.3}',
    "empty_exponent": b'{"a": 1e}',
    "signed_empty_exponent": b'{"a": 1e+}',
    "exponent_with_point": b'{"a": 1e2.5}',
    "hexadecimal": b'{"a": 0x1F}',
    "octal": b'{"a": 0o17}',
    "binary": b'{"a": 0b11}',
    "underscores": b'{"a": 1_000}',
    "thousands": b'{"a": 1,000}',
    "fraction": b'{"a": 1/2}',
    "long_suffix": b'{"a": 1L}',
    "decimal_suffix": b'{"a": 1m}',
    "big_int_suffix": b'{"a": 1n}',
    "devanagari_digits": '{"a": १००}'.encode(),
    "arabic_digits": '{"a": ١}'.encode(),
    "fullwidth_digits": '{"a": １}'.encode(),
    "unicode_minus": '{"a": −1}'.encode(),
    "rupee_sign": '{"a": ₹100}'.encode(),
    "two_to_the_63": b'{"a": 9223372036854775808}',
    "minus_two_to_the_63": b'{"a": -9223372036854775808}',
    "two_to_the_64": b'{"a": 18446744073709551616}',
    "below_two_to_the_64": b'{"a": 18446744073709551615}',
    "fifty_digits": b'{"a": ' + b"9" * 50 + b"}",
    "five_thousand_digits": b'{"a": ' + b"9" * 5_000 + b"}",
    "sixty_thousand_digits": b'{"a": ' + b"9" * 60_000 + b"}",
    "sixty_thousand_decimals": b'{"a": 0.' + b"3" * 60_000 + b"}",
    "huge_exponent": b'{"a": 1e400}',
    "absurd_exponent": b'{"a": 1e999999999}',
    "absurd_negative_exponent": b'{"a": 1e-999999999}',
    "exponent_of_many_digits": b'{"a": 1e' + b"9" * 100 + b"}",
    "big_number_in_list": b'{"a": [1, 9223372036854775808]}',
    "big_number_deep_inside": b'{"a": {"b": {"c": 9223372036854775808}}}',
}

_TEXT = {
    "escaped_nul": rb'{"a": "\u0000"}',
    "escaped_nul_in_key": rb'{"\u0000": 1}',
    "escaped_nul_within_text": rb'{"a": "b\u0000c"}',
    "escaped_nul_in_list": rb'{"a": ["\u0000"]}',
    "escaped_nul_in_list_of_lists": rb'[[["\u0000"]]]',
    "escaped_nul_alone": rb'"\u0000"',
    "raw_nul": b'{"a": "\x00"}',
    "raw_newline": b'{"a": "b\nc"}',
    "raw_tab": b'{"a": "b\tc"}',
    "raw_escape_character": b'{"a": "\x1b[0m"}',
    "raw_unit_separator": b'{"a": "\x1f"}',
    "lone_high_surrogate": rb'{"a": "\ud800"}',
    "lone_low_surrogate": rb'{"a": "\udc00"}',
    "lone_last_surrogate": rb'{"a": "\udfff"}',
    "reversed_surrogates": rb'{"a": "\udc00\ud800"}',
    "high_surrogate_then_letter": rb'{"a": "\ud800x"}',
    "two_high_surrogates": rb'{"a": "\ud800\ud800"}',
    "lone_surrogate_in_key": rb'{"\ud800": 1}',
    "lone_surrogate_in_list": rb'{"a": ["\ud800"]}',
    "lone_surrogate_alone": rb'"\ud800"',
    "lone_surrogate_in_upper_case": rb'{"a": "\uD800"}',
    "surrogate_in_utf8": b'{"a": "\xed\xa0\x80"}',
    "cut_utf8": b'{"a": "\xe2\x82"}',
    "lone_continuation_byte": b'{"a": "\x80"}',
    "overlong_slash": b'{"a": "\xc0\xaf"}',
    "overlong_nul": b'{"a": "\xc0\x80"}',
    "above_unicode": b'{"a": "\xf4\x90\x80\x80"}',
    "five_byte_utf8": b'{"a": "\xf8\x88\x80\x80\x80"}',
    "byte_ff": b'{"a": "\xff"}',
    "bytes_fe_ff": b"\xfe\xff",
    "latin_1": '{"a": "é"}'.encode("latin-1"),
    "windows_1252": '{"a": "“"}'.encode("cp1252"),
    "shift_jis": '{"a": "日本"}'.encode("shift_jis"),
    "utf_16_little": '{"a": 1}'.encode("utf-16-le"),
    "utf_16_big": '{"a": 1}'.encode("utf-16-be"),
    "utf_16_with_mark": '{"a": 1}'.encode("utf-16"),
    "utf_32": '{"a": 1}'.encode("utf-32"),
    "utf_7": b"+AHs-",
    "unknown_escape": rb'{"a": "\x41"}',
    "escaped_single_quote": rb'{"a": "\'"}',
    "escape_at_the_end": b'{"a": "\\',
    "escaped_closing_quote": b'{"a": "\\"}',
    "short_unicode_escape": rb'{"a": "\u12"}',
    "wrong_unicode_escape": rb'{"a": "\u12G4"}',
    "signed_unicode_escape": rb'{"a": "\u+041"}',
    "braced_unicode_escape": rb'{"a": "\u{41}"}',
    "capital_unicode_escape": rb'{"a": "\U00000041"}',
}

_KEYS = {
    "duplicate_key": b'{"a": 1, "a": 2}',
    "duplicate_key_same_value": b'{"a": 1, "a": 1}',
    "triplicate_key": b'{"a": 1, "a": 2, "a": 3}',
    "duplicate_inside": b'{"a": {"b": 1, "b": 2}}',
    "duplicate_in_a_list": b'[{"b": 1, "b": 2}]',
    "duplicate_far_apart": b'{"a": 1, ' + b'"b": 2, "c": {"d": [1, 2]}, ' + b'"a": 3}',
    "duplicate_with_colons_in_text": b'{"a": "1:2:3", "a": "4"}',
    "duplicate_by_escape": rb'{"amount": 1, "am\u006funt": 2}',
    "duplicate_by_escaped_first_letter": rb'{"\u0061": 1, "a": 2}',
    "duplicate_empty_key": b'{"": 1, "": 2}',
    "duplicate_key_with_null": b'{"a": null, "a": 1}',
    "duplicate_amount": b'{"amount": 1, "amount": 100000}',
    "duplicate_qr": b'{"qrData": "x", "qrData": "y"}',
    "snake_case_key": b'{"qr_data": "x"}',
    "both_cases_of_a_key": b'{"qrData": "x", "qr_data": "y"}',
    "dunder_key": b'{"__class__": "x"}',
    "prototype_key": b'{"__proto__": {"isAdmin": true}}',
    "key_with_underscore_inside": b'{"a": {"b_c": 1}}',
}

_DEPTH = {
    "arrays_33_deep": _nested(b"[", b"]", 33),
    "objects_33_deep": _nested(b'{"a":', b"}", 33),
    "mixed_34_deep": _nested(b'{"a":[', b"]}", 17),
    "arrays_1000_deep": _nested(b"[", b"]", 1_000),
    "arrays_5000_deep": _nested(b"[", b"]", 5_000),
    "arrays_30000_deep": _nested(b"[", b"]", 30_000),
    "objects_5000_deep": _nested(b'{"a":', b"}", 5_000),
    "unclosed_60000_arrays": b"[" * 60_000,
    "unclosed_objects": b'{"a":' * 12_000,
    "deep_after_a_bracket_in_text": b'{"a": "]]]]]]]", "b": ' + _nested(b"[", b"]", 40) + b"}",
    "deep_behind_escaped_quotes": b'{"a": "\\"[[[", "b": ' + _nested(b"[", b"]", 40) + b"}",
    "deep_in_a_key": b'{"[": ' + _nested(b"[", b"]", 33) + b"}",
}

_SIZE = {
    "one_byte_too_long": b'"' + b"a" * (64 * 1024 - 1) + b'"',
    "twice_too_long": b'{"a": "' + b"a" * (128 * 1024) + b'"}',
    "a_mebibyte": b'{"a": "' + b"a" * (1024 * 1024) + b'"}',
    "padded_with_white_space": b" " * (64 * 1024) + b"{}",
    "too_many_elements": b"[" + b"0," * 40_000 + b"0]",
}

_TYPES = {
    "no_content_type": "",
    "text_plain": "text/plain",
    "form": "application/x-www-form-urlencoded",
    "multipart": "multipart/form-data; boundary=x",
    "xml_type": "application/xml",
    "json_suffix": "application/problem+json",
    "json_ld": "application/ld+json",
    "text_json": "text/json",
    "any_application": "application/*",
    "anything": "*/*",
    "json_with_dot": "application/json.evil",
    "json_sequence": "application/json-seq",
    "two_types": "application/json, text/plain",
    "charset_bz2": "application/json; charset=bz2_codec",
    "charset_zlib": "application/json; charset=zlib_codec",
    "charset_rot13": "application/json; charset=rot13",
    "charset_hex": "application/json; charset=hex",
    "charset_utf_7": "application/json; charset=utf-7",
    "charset_utf_16": "application/json; charset=utf-16",
    "charset_utf_32": "application/json; charset=utf-32",
    "charset_latin_1": "application/json; charset=iso-8859-1",
    "charset_idna": "application/json; charset=idna",
    "charset_punycode": "application/json; charset=punycode",
    "charset_unicode_escape": "application/json; charset=unicode_escape",
    "charset_bogus": "application/json; charset=bogus",
    "charset_empty": "application/json; charset=",
    "charset_single_quoted": "application/json; charset='utf-8'",
    "charset_half_quoted": 'application/json; charset="utf-8',
    "charset_twice": "application/json; charset=utf-8; charset=utf-7",
    "other_parameter": "application/json; version=1",
    "parameter_after_charset": "application/json; charset=utf-8; q=1",
    "dangling_semicolon": "application/json;",
}

_ENCODINGS = {
    "said_to_be_gzip": "gzip",
    "said_to_be_deflate": "deflate",
    "said_to_be_brotli": "br",
    "said_to_be_compress": "compress",
    "said_to_be_identity_and_gzip": "identity, gzip",
    "said_to_be_nonsense": "x",
}

REFUSED: dict[str, Case] = {
    **{
        name: Case(body)
        for table in (_SYNTAX, _NUMBERS, _TEXT, _KEYS, _DEPTH, _SIZE)
        for name, body in table.items()
    },
    **{name: Case(b'{"a": 1}', kind) for name, kind in _TYPES.items()},
    **{name: Case(b'{"a": 1}', encoding=coding) for name, coding in _ENCODINGS.items()},
}

ODD: dict[str, Case] = {
    name: Case(body)
    for name, body in {
        "null": b"null",
        "true": b"true",
        "a_number": b"1",
        "a_decimal": b"1.5",
        "a_text": b'"x"',
        "an_empty_text": b'""',
        "an_empty_array": b"[]",
        "an_array_of_objects": b'[{"a": 1}]',
        "an_array_of_null": b"[null]",
        "an_unknown_key": b'{"zzz": 1}',
        "an_empty_key": b'{"": 1}',
        "a_key_of_ten_thousand_letters": b'{"' + b"a" * 10_000 + b'": 1}',
        "ten_thousand_keys": b"{"
        + b",".join(b'"k%d": %d' % (number, number) for number in range(4_000))
        + b"}",
        "a_key_with_a_dollar": b'{"$where": "1"}',
        "a_key_with_a_dot": b'{"a.b": 1}',
        "a_key_with_a_slash": b'{"a/b~c": 1}',
        "an_emoji_key": '{"😀": 1}'.encode(),
        "a_capital_key": b'{"QrData": "x"}',
        "mass_assignment": b'{"isStaff": true, "role": "operator", "walletPaise": 1}',
    }.items()
}
