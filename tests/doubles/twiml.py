"""What of TwiML the telephone line uses, as strictly as Twilio's own reference has it: a schema for lxml.

Written from the reference pages of <Response>, <Gather>, <Say>, <Pause>, <Sms>, <Redirect> and
<Hangup>. Anything else, any other attribute, and any empty <Say> is refused.
"""

from lxml import etree

_RELAX_NG = """
<grammar xmlns="http://relaxng.org/ns/structure/1.0" datatypeLibrary="http://www.w3.org/2001/XMLSchema-datatypes">
  <start><element name="Response"><zeroOrMore><choice>
    <ref name="Say"/><ref name="Pause"/><ref name="Gather"/><ref name="Sms"/><ref name="Redirect"/><ref name="Hangup"/>
  </choice></zeroOrMore></element></start>
  <define name="Say"><element name="Say">
    <attribute name="language"><choice><value>en-US</value><value>es-MX</value></choice></attribute>
    <data type="string"><param name="minLength">1</param><param name="maxLength">4096</param></data>
  </element></define>
  <define name="Pause"><element name="Pause">
    <attribute name="length"><data type="positiveInteger"/></attribute><empty/>
  </element></define>
  <define name="Gather"><element name="Gather">
    <attribute name="numDigits"><value>1</value></attribute>
    <attribute name="timeout"><data type="positiveInteger"><param name="maxInclusive">10</param></data></attribute>
    <attribute name="action"><data type="string"><param name="pattern">https?://[^ ]+</param></data></attribute>
    <attribute name="method"><value>POST</value></attribute>
    <oneOrMore><choice><ref name="Say"/><ref name="Pause"/></choice></oneOrMore>
  </element></define>
  <define name="Sms"><element name="Sms">
    <attribute name="to"><data type="string"><param name="pattern">\\+[1-9][0-9]{6,14}</param></data></attribute>
    <optional><attribute name="from">
      <data type="string"><param name="pattern">\\+[1-9][0-9]{6,14}</param></data>
    </attribute></optional>
    <data type="string"><param name="minLength">1</param><param name="maxLength">1600</param></data>
  </element></define>
  <define name="Redirect"><element name="Redirect"><data type="anyURI"/></element></define>
  <define name="Hangup"><element name="Hangup"><empty/></element></define>
</grammar>
"""
_SCHEMA = etree.RelaxNG(etree.fromstring(_RELAX_NG))


def read_twiml(document: bytes) -> etree._Element:
    """The root of a document that Twilio would take.

    Raises:
        etree.DocumentInvalid: it would not.
        etree.XMLSyntaxError: it is no XML.
    """
    root = etree.fromstring(document)
    _SCHEMA.assertValid(root)
    return root
