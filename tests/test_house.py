def test_admin_asks_a_stranger_to_sign_in(client, db):
    answer = client.get("/admin/")

    assert answer.status_code == 302
    assert answer["Location"] == "/admin/login/?next=/admin/"


def test_alive(client):
    assert client.get("/healthz").status_code == 200


def test_ready(client, db):
    answer = client.get("/readyz")

    assert answer.json() == {
        "ready": True,
        "checks": {"database": "ok", "broker": "ok", "migrations": "ok", "recompute": "ok"},
    }
