/* The only place that knows Box2D. It decides nothing: tasks are written in C on top of b2.h. */
#include "envs/b2/b2.h"

#include <box2d/box2d.h>

#include <new>
#include <pthread.h>

extern "C" {
#include "runtime/base/alloc.h"
}

namespace {

/* Box2D keeps one listener a world; this one passes contacts on as tags. */
class listener : public b2ContactListener {
  public:
    listener(wn_b2_contact *contact, void *ctx) : contact_(contact), ctx_(ctx) {}
    void BeginContact(b2Contact *contact) override { tell(contact, true); }
    void EndContact(b2Contact *contact) override { tell(contact, false); }

  private:
    void tell(b2Contact *contact, bool begin) {
        if (contact_)
            contact_(ctx_, tag(contact->GetFixtureA()), tag(contact->GetFixtureB()), begin);
    }
    static uint32_t tag(b2Fixture *fixture) {
        return static_cast<uint32_t>(fixture->GetBody()->GetUserData().pointer);
    }
    wn_b2_contact *contact_;
    void *ctx_;
};

class nearest : public b2RayCastCallback {
  public:
    nearest(uint16_t category, bool closest) : category_(category), closest_(closest) {}
    /* -1: as if it were not there; 0: the ray ends; a fraction: look no further than this. */
    float ReportFixture(b2Fixture *fixture, const b2Vec2 &, const b2Vec2 &, float at) override {
        if ((fixture->GetFilterData().categoryBits & category_) == 0)
            return -1.0f;
        fraction = at;
        return closest_ ? at : 0.0f;
    }
    float fraction = 1.0f;

  private:
    uint16_t category_;
    bool closest_;
};

b2Vec2 to_b2(wn_b2_vec v) {
    return b2Vec2(v.x, v.y);
}

wn_b2_vec from_b2(const b2Vec2 &v) {
    return wn_b2_vec{v.x, v.y};
}

b2Body *body_of(wn_b2_body *body) {
    return reinterpret_cast<b2Body *>(body);
}

const b2Body *body_of(const wn_b2_body *body) {
    return reinterpret_cast<const b2Body *>(body);
}

const b2RevoluteJoint *joint_of(const wn_b2_joint *joint) {
    return reinterpret_cast<const b2RevoluteJoint *>(joint);
}

b2FixtureDef fixture_of(const b2Shape &shape, const wn_b2_material *material) {
    b2FixtureDef def;
    def.shape = &shape;
    def.density = material->density;
    def.friction = material->friction;
    def.restitution = 0.0f;
    def.filter.categoryBits = material->category;
    def.filter.maskBits = material->mask;
    def.isSensor = material->sensor;
    return def;
}

/* Let something touch, once and in one thread: the library fills its table of contact kinds when
 * the first contact is made, without a lock. */
void fill_contact_table() {
    b2World *world = static_cast<b2World *>(wn_alloc(sizeof(b2World)));
    if (!world)
        return;
    new (world) b2World(b2Vec2(0.0f, 0.0f));
    b2PolygonShape box;
    box.SetAsBox(1.0f, 1.0f);
    b2BodyDef def;
    def.type = b2_dynamicBody;
    for (int i = 0; i < 2; i++)
        world->CreateBody(&def)->CreateFixture(&box, 1.0f);
    world->Step(0.02f, 1, 1);
    world->~b2World();
    wn_free(world);
}

} // namespace

/* The b2World is made anew by each wn_b2_clear, in the same place: allocating its 100 kB costs more
 * than filling them. */
struct wn_b2_world {
    b2World world;
    listener contacts;
    b2Vec2 gravity;

    wn_b2_world(b2Vec2 g, wn_b2_contact *contact, void *ctx)
        : world(g), contacts(contact, ctx), gravity(g) {
        world.SetContactListener(&contacts);
    }
};

wn_b2_world *wn_b2_create(wn_b2_vec gravity, wn_b2_contact *contact, void *ctx) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, fill_contact_table);
    void *place = wn_alloc(sizeof(wn_b2_world));
    return place ? new (place) wn_b2_world(to_b2(gravity), contact, ctx) : nullptr;
}

void wn_b2_destroy(wn_b2_world *world) {
    if (!world)
        return;
    world->~wn_b2_world();
    wn_free(world);
}

void wn_b2_clear(wn_b2_world *world) {
    world->world.~b2World();
    new (&world->world) b2World(world->gravity);
    world->world.SetContactListener(&world->contacts);
}

wn_b2_body *wn_b2_add_body(wn_b2_world *world, bool dynamic, wn_b2_vec position, float angle,
                           uint32_t tag) {
    b2BodyDef def;
    def.type = dynamic ? b2_dynamicBody : b2_staticBody;
    def.position = to_b2(position);
    def.angle = angle;
    def.userData.pointer = tag;
    return reinterpret_cast<wn_b2_body *>(world->world.CreateBody(&def));
}

void wn_b2_add_polygon(wn_b2_body *body, const wn_b2_vec *corners, size_t n,
                       const wn_b2_material *material) {
    b2Vec2 points[WN_B2_VERTICES];
    for (size_t i = 0; i < n; i++)
        points[i] = to_b2(corners[i]);
    b2PolygonShape shape;
    shape.Set(points, static_cast<int32>(n));
    const b2FixtureDef def = fixture_of(shape, material);
    body_of(body)->CreateFixture(&def);
}

void wn_b2_add_edge(wn_b2_body *body, wn_b2_vec from, wn_b2_vec to,
                    const wn_b2_material *material) {
    b2EdgeShape shape;
    shape.SetTwoSided(to_b2(from), to_b2(to));
    const b2FixtureDef def = fixture_of(shape, material);
    body_of(body)->CreateFixture(&def);
}

wn_b2_joint *wn_b2_add_revolute(wn_b2_world *world, wn_b2_body *a, wn_b2_body *b,
                                const wn_b2_revolute *revolute) {
    b2RevoluteJointDef def;
    def.bodyA = body_of(a);
    def.bodyB = body_of(b);
    def.localAnchorA = to_b2(revolute->anchor_a);
    def.localAnchorB = to_b2(revolute->anchor_b);
    def.referenceAngle = def.bodyB->GetAngle() - def.bodyA->GetAngle();
    def.enableLimit = true;
    def.lowerAngle = revolute->lower;
    def.upperAngle = revolute->upper;
    def.enableMotor = true;
    def.maxMotorTorque = revolute->torque;
    def.motorSpeed = revolute->speed;
    return reinterpret_cast<wn_b2_joint *>(world->world.CreateJoint(&def));
}

void wn_b2_set_motor(wn_b2_joint *joint, float speed, float torque) {
    b2RevoluteJoint *revolute = reinterpret_cast<b2RevoluteJoint *>(joint);
    revolute->SetMotorSpeed(speed);
    revolute->SetMaxMotorTorque(torque);
}

float wn_b2_joint_angle(const wn_b2_joint *joint) {
    return joint_of(joint)->GetJointAngle();
}

float wn_b2_joint_speed(const wn_b2_joint *joint) {
    return joint_of(joint)->GetJointSpeed();
}

wn_b2_motion wn_b2_body_motion(const wn_b2_body *body) {
    const b2Body *b = body_of(body);
    return wn_b2_motion{from_b2(b->GetPosition()), from_b2(b->GetLinearVelocity()), b->GetAngle(),
                        b->GetAngularVelocity()};
}

wn_b2_vec wn_b2_world_vector(const wn_b2_body *body, wn_b2_vec vector) {
    return from_b2(body_of(body)->GetWorldVector(to_b2(vector)));
}

wn_b2_vec wn_b2_world_point(const wn_b2_body *body, wn_b2_vec point) {
    return from_b2(body_of(body)->GetWorldPoint(to_b2(point)));
}

void wn_b2_push(wn_b2_body *body, wn_b2_vec force) {
    body_of(body)->ApplyForceToCenter(to_b2(force), true);
}

/* 2.4 brakes a joint before it reaches its limit, 2.3 did not; so a limit is only on while the
 * angle is not inside it. Setting what is set already changes nothing. */
static void keep_limits(b2World *world) {
    for (b2Joint *joint = world->GetJointList(); joint; joint = joint->GetNext()) {
        b2RevoluteJoint *revolute = static_cast<b2RevoluteJoint *>(joint);
        const float angle = revolute->GetJointAngle();
        revolute->EnableLimit(
            !(angle > revolute->GetLowerLimit() && angle < revolute->GetUpperLimit()));
    }
}

void wn_b2_step(wn_b2_world *world, float seconds, int velocity_iterations,
                int position_iterations) {
    keep_limits(&world->world);
    world->world.Step(seconds, velocity_iterations, position_iterations);
}

float wn_b2_cast(const wn_b2_world *world, wn_b2_vec from, wn_b2_vec to, uint16_t category,
                 bool closest) {
    nearest found(category, closest);
    world->world.RayCast(&found, to_b2(from), to_b2(to));
    return found.fraction;
}
