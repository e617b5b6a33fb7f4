"""Stubs from a header: literal C++ in, literal C++ out."""

from __future__ import annotations

import pytest

from mds_simulator.native.stubs import HeaderError, generate_stubs

HEADER = """
class X_EXPORT CApi
{
public:
	static CApi *Create(const char *path = "");
	// virtual int Commented() = 0;
	virtual void Release() = 0;
	virtual const char *GetDay() = 0;
	virtual int Subscribe(char *ids[], int count) = 0;
	virtual int ReqA(CField *pField, int nRequestID) = 0;
	virtual int ReqB(CField *pField, int nRequestID)=0;
protected:
	~CApi(){};
};
class CSpi { virtual void OnOther() = 0; };
"""


def test_what_is_not_overridden_becomes_a_stub_in_the_order_of_the_header() -> None:
    assert generate_stubs(HEADER, "CApi", "int ReqA(CField* f, int id) override { return 0; }") == (
        "  void Release() override {}\n"
        "  const char * GetDay() override { return nullptr; }\n"
        "  int Subscribe(char *[], int) override { return -1; }\n"
        "  int ReqB(CField *, int) override { return -1; }\n"
    )


def test_a_header_without_the_class_is_refused() -> None:
    with pytest.raises(HeaderError, match="class CNone"):
        generate_stubs(HEADER, "CNone", "")
